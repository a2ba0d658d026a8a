"""The static files are those that the sources give: built anew and compared, where Node.js and its packages exist."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from build_scripts.data.simulate import MODERATE
from build_scripts.data.simulation.classes import FAULT_CLASSES
from build_scripts.data.simulation.record import simulate_record
from functions.core.decoding.formats import decode_file
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import create_diagnoser
from functions.core.settings import Settings
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[3]
FUNCTION = ROOT / "functions" / "dashboard"
WEB, STATIC = FUNCTION / "web", FUNCTION / "static"
EXAMPLES = json.loads((WEB / "examples.json").read_text())
SEED = 2026  # the step `simulate` wrote docs/examples with it


def test_building_again_gives_the_same_files(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("needs Node.js, and `npm ci` in functions/dashboard/web")
    subprocess.run([node, "build.mjs", str(tmp_path)], cwd=WEB, check=True, capture_output=True, timeout=SECONDS)
    assert tree(tmp_path) == tree(STATIC)


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_lock_has_every_package_by_its_hash_and_names_no_host() -> None:
    text = (WEB / "package-lock.json").read_text()
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert '"resolved"' not in text
    wanted = json.loads((WEB / "package.json").read_text())
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == version


@pytest.mark.parametrize("label", range(len(EXAMPLES)), ids=[one["id"] for one in EXAMPLES])
def test_an_example_is_what_was_simulated_and_is_diagnosed_right(label: int) -> None:
    example = EXAMPLES[label]
    record = simulate_record(np.random.SeedSequence((SEED, label)), label, MODERATE)
    assert (example["id"], example["name"]) == (FAULT_CLASSES[label].id, FAULT_CLASSES[label].name)
    assert example["shaft_hz"] == pytest.approx(record.shaft_hz, abs=5e-4)
    (path,) = (STATIC / "assets").glob(f"{example['id']}-????????.wav")
    counts, rate = soundfile.read(path, dtype="int16")
    assert (rate, len(counts)) == (20480, 2 * 20480)
    # Rounded to five of the recorder's counts, after those were rounded to the steps of a WAV.
    np.testing.assert_allclose(5.0 * counts, record.counts[: len(counts)], rtol=0, atol=2.6)
    diagnoser = create_diagnoser(Settings(stage="local", api_keys_required=False))
    diagnosis = diagnoser.diagnose(
        decode_file(path.read_bytes(), "audio/wav", DiagnosisOptions(full_scale=163.84)), DiagnosisOptions()
    )
    assert diagnosis.predicted_class == label
    assert diagnosis.in_distribution
