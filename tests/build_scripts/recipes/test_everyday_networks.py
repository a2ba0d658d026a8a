"""Everyday networks, from the files of their owners to packages: in small here, whole by `make test-networks`."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from build_scripts.__main__ import main
from build_scripts.benchmarks.networks.cases import FULL, Case, Effort, write_case
from build_scripts.benchmarks.networks.zoo import ZOO, Kind
from build_scripts.evidence.card.step import read_package
from functions.core.models.manifest import Manifest
from tests.build_scripts.conftest import SHARED
from tests.build_scripts.recipes.conftest import ENDED

pytestmark = pytest.mark.usefixtures("work")

SMALL = Effort(records=32, steps=60, windows=16, small=True, variants=("static-minmax", "dynamic-uint8"))
# One of each way through a build, and the variant that it keeps: of one length and of any, static and dynamic, with
# what the recipe has to state of the answers. The others, and what is packaged in float32, are built whole alone.
IN_THE_SUITE = {
    "flattened-cnn": "static-minmax",
    "named-answers": "static-minmax",
    "probabilities": "static-minmax",
    "spectrum-mlp": "dynamic-uint8",
}
CASES = SHARED / "cases" / "networks.py"
WITHOUT = "the networks of shared/cases are not on this machine"
# Guards against a process that hangs, not against a slow machine.
TIMEOUT_S = 1800


def build(case: Case, out: Path, *options: str) -> int:
    return main(
        ["build", "--checkpoint", str(case.checkpoint), "--recipe", str(case.recipe), "--out", str(out), *options]
    )


def manifest_of(out: Path, name: str) -> Manifest:
    return read_package(out / name / "1")[0]


def check_package(manifest: Manifest, kind: Kind) -> None:
    assert kind.precision in {one.precision for one in manifest.variants}
    assert ("length" in manifest.evidence.notes) != kind.free_length


@pytest.mark.usefixtures("quick_builds")
@pytest.mark.parametrize(("name", "variant"), IN_THE_SUITE.items())
def test_a_kind_in_small_becomes_a_package(name: str, variant: str, tmp_path: Path) -> None:
    case = write_case(name, ZOO[name], tmp_path / "case", SMALL)
    assert build(case, tmp_path / "out") == 0
    manifest = manifest_of(tmp_path / "out", name)
    check_package(manifest, ZOO[name])
    assert manifest.evidence.notes["variant"] == variant


@pytest.mark.networks
@pytest.mark.usefixtures("quick_builds")
def test_a_gru_is_packaged_in_float32_where_that_is_allowed(tmp_path: Path) -> None:
    kind = ZOO["patch-gru"]
    case = write_case("patch-gru", kind, tmp_path / "case", replace(SMALL, variants=("dynamic-uint8",)))
    assert build(case, tmp_path / "out", "--allow-float32") == 0
    manifest = manifest_of(tmp_path / "out", "patch-gru")
    check_package(manifest, kind)
    assert [one.precision for one in manifest.variants] == ["fp32"]
    assert "dynamic-uint8: not tried: " in str(manifest.evidence.notes["float32_allowed"])


@pytest.mark.networks
@pytest.mark.parametrize("name", ZOO)
def test_a_kind_ends_as_it_should(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    case = write_case(name, ZOO[name], tmp_path / "case", FULL)
    assert build(case, tmp_path / "out", "--allow-float32") == 0
    manifest = manifest_of(tmp_path / "out", name)
    request.node.user_properties.append((ENDED, f"of the zoo, {manifest.variants[-1].precision}"))
    check_package(manifest, ZOO[name])


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The networks that stand beside the project, written by their own script."""
    if not CASES.exists():
        pytest.skip(WITHOUT)
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, str(CASES), str(folder)], check=True, timeout=TIMEOUT_S, capture_output=True)
    return folder


@pytest.mark.networks
@pytest.mark.parametrize(
    "name",
    [
        "pooled-cnn",
        "flatten-cnn",
        "cnn-lstm",
        "plain-lstm",
        "mlp",
        "patch-transformer",
        "attention-cnn",
        "dilated",
        "auxiliary-heads",
        "inception",
        "gru",
        "lightning",
        "data-parallel",
        "compiled",
    ],
)
def test_a_network_of_the_cases_ends_as_expected(
    name: str, cases: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    expected = json.loads((cases / "expected.json").read_text())[name]
    case = Case(cases / name / "weights.pt", cases / name / "recipe.toml")
    options = [] if expected["int8"] else ["--allow-float32"]
    assert build(case, tmp_path, *options) == 0
    precisions = {one.precision for one in manifest_of(tmp_path, name).variants}
    request.node.user_properties.append((ENDED, f"of the cases, {'int8' if 'int8' in precisions else 'fp32'}"))
    assert "int8" in precisions or not expected["int8"]
