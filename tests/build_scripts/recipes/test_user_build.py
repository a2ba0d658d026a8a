"""The example of docs/own-model.md, from its checkpoint to an answer of the server, by the commands it names."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from build_scripts.__main__ import main
from build_scripts.build_cli.parser import MODELS
from build_scripts.evidence.card.step import read_package
from functions.core.models.models import ModelRepository
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser, Limits
from functions.core.preprocessing.signal import RateRange, Recording
from tests.build_scripts.conftest import ROOT

pytestmark = pytest.mark.usefixtures("work")

# Guards against a process that hangs, not against a slow machine.
TIMEOUT_S = 900

# The candidates of the example's recipe, and one of them, which is enough where not the search is tested.
ALL = 'variants = ["static-minmax", "static-percentile", "static-entropy", "dynamic-uint8"]\n'
ONE = 'variants = ["static-minmax"]\n'


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    train = ROOT / "docs" / "examples" / "own-model" / "train.py"
    command = [sys.executable, str(train), "--out", str(folder), "--records", "120"]
    subprocess.run(command, check=True, timeout=TIMEOUT_S)
    return folder


def build(own: Path, models: Path, *more: str) -> int:
    recipe, checkpoint = str(own / "recipe.toml"), str(own / "fan.pt")
    return main(["build", "--checkpoint", checkpoint, "--recipe", recipe, "--out", str(models), *more])


@pytest.fixture(scope="module")
def models(own: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(MODELS / "journal-bearing", folder / "journal-bearing")
    assert build(own, folder) == 0
    return folder


def edited(own: Path, folder: Path, old: str, new: str) -> Path:
    """A copy of the example with a change in its recipe, exported in the way that takes a moment."""
    copy = folder / "own"
    shutil.copytree(own, copy)
    text = (copy / "recipe.toml").read_text()
    assert old in text
    (copy / "recipe.toml").write_text(f'{text.replace(old, new, 1)}\n[export]\nexporter = "legacy"\n')
    return copy


def test_the_package_is_whole(models: Path) -> None:
    folder = models / "fan" / "1"
    assert {path.name for path in folder.iterdir()} == {
        "CARD.md",
        "build.log",
        "manifest.json",
        "model_fp32.onnx",
        "model_int8.onnx",
        "plots",
        "proof.json",
    }
    manifest, proof = read_package(folder)
    assert (manifest.input.channels, manifest.input.window, manifest.input.unit) == (2, 2048, "m/s^2")
    assert manifest.evidence.notes["variant"] in {"static-minmax", "static-percentile", "static-entropy"}
    assert [one.name for one in proof.tried][:2] == ["fp32", "static-minmax"]
    for plot in ("confusion", "robustness", "reliability", "variants", "pareto"):
        assert (folder / "plots" / f"{plot}.png").read_bytes().startswith(b"\x89PNG")
    log = (folder / "build.log").read_text()
    assert all(step in log for step in ("export fan", "optimize", "quantize", "calibrate", "prove", "package"))


def test_its_work_files_lie_in_the_work_folder(models: Path, work: Path) -> None:
    assert (models / "fan" / "1").exists()
    assert {"model_exported.onnx", "model_fp32.onnx", "static-minmax.onnx"} <= {
        path.name for path in (work / "fan").iterdir()
    }


def test_it_is_served_beside_the_shipped_ones(models: Path, own: Path) -> None:
    diagnoser = Diagnoser(ModelRepository(models), "journal-bearing", Limits(RateRange(1000, 200000), 100))
    assert diagnoser.models.names() == ["fan", "journal-bearing"]
    with np.load(own / "unseen.npz") as unseen:
        signals, label = unseen["signals"], unseen["label"]
    options = DiagnosisOptions(model="fan")
    diagnoses = [diagnoser.diagnose(Recording(signal), options) for signal in signals]
    assert np.mean([one.predicted_class == wanted for one, wanted in zip(diagnoses, label, strict=True)]) >= 0.95
    assert np.mean([one.in_distribution for one in diagnoses]) >= 0.9
    assert diagnoses[0].precision == "int8"


def test_a_version_is_not_replaced_unasked(models: Path, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(own, models) == 1
    assert "fan/1 exists; package another version, or replace it with --force." in capsys.readouterr().err


@pytest.mark.usefixtures("quick_build")
def test_another_version_may_have_a_float16_variant_for_gpus(models: Path, own: Path, tmp_path: Path) -> None:
    half = edited(own, tmp_path, f"windows = 128\n{ALL}", f"windows = 16\nfp16 = true\n{ONE}")
    assert build(half, models, "--version", "2") == 0
    manifest, proof = read_package(models / "fan" / "2")
    assert manifest.default_variant == {"x86_64": "int8", "arm64": "int8", "cuda": "fp16"}
    assert proof.half is not None
    assert (proof.half.refused, proof.half.speedup) == (None, None)
    assert manifest.evidence.accuracy["fp16"]["record"] >= 0.95
    assert (models / "fan" / "2" / "model_fp16.onnx").stat().st_size < manifest.variant("fp32").size_bytes
    assert "its speed was not measured" in (models / "fan" / "2" / "CARD.md").read_text()


def test_the_card_is_rendered_again_the_same(models: Path) -> None:
    folder = models / "fan" / "1"
    files = [folder / "CARD.md", *sorted((folder / "plots").iterdir())]
    before = [path.read_bytes() for path in files]
    assert main(["card", "--model", "fan", "--models", str(models)]) == 0
    assert [path.read_bytes() for path in files] == before


@pytest.mark.usefixtures("quick_build")
def test_a_model_outside_its_gates_fails_with_figures_and_may_ship_in_float32(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dynamic = edited(own, tmp_path, ALL, 'variants = ["dynamic-uint8"]\n')
    assert build(dynamic, tmp_path / "models") == 1
    error = capsys.readouterr().err
    assert "No quantized variant passes its gates: dynamic-uint8: " in error
    assert "not tried: " in error
    assert "--allow-float32 packages float32 alone" in error
    assert not (tmp_path / "models").exists()
    assert build(dynamic, tmp_path / "models", "--allow-float32") == 0
    manifest, _ = read_package(tmp_path / "models" / "fan" / "1")
    assert [variant.precision for variant in manifest.variants] == ["fp32"]
    assert set(manifest.default_variant.values()) == {"fp32"}
    assert "no variant passed: dynamic-uint8" in str(manifest.evidence.notes["float32_allowed"])
    assert "There is no int8 variant" in (tmp_path / "models" / "fan" / "1" / "CARD.md").read_text()


@pytest.mark.usefixtures("quick_build")
def test_an_onnx_file_from_elsewhere_ships(models: Path, own: Path, work: Path, tmp_path: Path) -> None:
    assert (models / "fan" / "1").exists()
    given = shutil.copyfile(work / "fan" / "model_exported.onnx", tmp_path / "elsewhere.onnx")
    lines = (own / "recipe.toml").read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(("[network]", "file =", "factory =", "arguments =")))
    assert ALL in text
    (own / "alone.toml").write_text(text.replace(ALL, ONE))
    asked = ["--recipe", str(own / "alone.toml"), "--out", str(tmp_path / "models")]
    assert main(["build", "--onnx", str(given), *asked]) == 0
    manifest, _ = read_package(tmp_path / "models" / "fan" / "1")
    assert (manifest.variants[0].precision, manifest.variants[0].method) == ("fp32", "given-onnx")
    assert manifest.novelty is not None
    assert manifest.evidence.export_max_abs_difference <= 1e-6
    sentence = "the ONNX file was given: it is compared with itself as packaged, not with a PyTorch network"
    assert manifest.evidence.notes["validation"] == sentence
    assert f"- validation: {sentence}" in (tmp_path / "models" / "fan" / "1" / "CARD.md").read_text()
    assert "no PyTorch network is compared with it" in (tmp_path / "models" / "fan" / "1" / "build.log").read_text()


@pytest.mark.usefixtures("quick_build")
def test_a_full_disk_leaves_no_half_package(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("build_scripts.packaging.package.write_proof", full)
    assert build(edited(own, tmp_path, ALL, ONE), tmp_path / "models") == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list((tmp_path / "models" / "fan").iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("sample_rate_hz = 8000", "sample_rate_hz = 9000", "has 8000 samples/s; fan takes 9000"),
        ('{ id = "blade_rub", name = "Blade rub" }', '{ id = "soot", name = "Soot" }', "the class 'blade_rub', which"),
        ("window = 2048", "window = 9000", "a record of 8000 samples; a window has 9000"),
        ("training.npz", "gone.npz", "gone.npz is not there"),
        ('"unseen.npz"', '"training.npz"', "120 of 120 records of unseen (indices 0, 1, 2, ...) are in training too"),
    ],
)
def test_data_that_does_not_fit_the_recipe_is_refused(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, sentence: str
) -> None:
    assert build(edited(own, tmp_path, old, new), tmp_path / "models") == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "models").exists()


def test_an_evaluation_of_it_is_one_object(models: Path, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(own / "unseen.npz")
    assert main(["evaluate", "--model", "fan", "--models", str(models), "--data", data, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["variants"]["int8"]["record_accuracy"] >= 0.95
