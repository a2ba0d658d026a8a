"""The package made from real recordings: right on loads it never saw, blind to level, and able to tell strangers."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from build_scripts.build_cli.parser import CHECKPOINTS
from build_scripts.data.labelled import read_labelled
from build_scripts.evidence.card.step import read_package
from build_scripts.evidence.evaluate import Evaluation, evaluate
from build_scripts.networks.checkpoint import file_sha256, load_checkpoint
from build_scripts.recipes.recipe import ROLLING_BEARING
from functions.core.models.diagnosis import novelty
from functions.core.models.manifest import Manifest
from functions.core.models.models import LoadedModel, ModelRepository
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.windowing import cut_windows
from tests.build_scripts.conftest import ROOT, SHARED

NAME = "rolling-bearing"
CHECKPOINT = CHECKPOINTS / f"{NAME}.pt"
RATE_HZ = 12000
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def int8(shipped_models: Path) -> LoadedModel:
    return ModelRepository(shipped_models).load(NAME, precision="int8")


@pytest.fixture(scope="module")
def manifest(int8: LoadedModel) -> Manifest:
    return int8.manifest


@pytest.fixture(scope="module")
def test_file() -> Path:
    path = SHARED / "data" / "cwru" / "cwru_12k_de_test.npz"
    if not path.exists():
        pytest.skip(f"the CWRU recordings are not on this machine: {path}")
    return path


@pytest.fixture(scope="module")
def evaluation(shipped_models: Path, test_file: Path) -> Evaluation:
    return evaluate(shipped_models, NAME, read_labelled(test_file))


def is_novel(model: LoadedModel, signal: Float32Array) -> bool:
    windows = cut_windows(signal.astype(np.float32)[None], model.manifest.input.window)
    value = novelty(model.engine.run(windows), model.manifest.novelty)
    assert value is not None
    assert model.manifest.novelty is not None
    return value > model.manifest.novelty.threshold


def test_it_was_packaged_from_the_checkpoint_that_ships(manifest: Manifest) -> None:
    assert manifest.source_checkpoint_sha256 == file_sha256(CHECKPOINT)
    assert load_checkpoint(CHECKPOINT).description == ROLLING_BEARING.description
    assert [label.id for label in manifest.classes] == [one for one, _ in ROLLING_BEARING.description.classes]


def test_its_files_are_small(manifest: Manifest) -> None:
    assert manifest.variant("int8").size_bytes / manifest.variant("fp32").size_bytes <= 0.35
    assert CHECKPOINT.stat().st_size + sum(one.size_bytes for one in manifest.variants) < 1_000_000


def test_its_card_names_the_source_and_the_limits(shipped_models: Path) -> None:
    card = (shipped_models / NAME / "1" / "CARD.md").read_text()
    assert "Case Western Reserve University Bearing Data Center" in card
    assert "not over bearings" in card


def test_every_held_out_load_is_diagnosed(manifest: Manifest) -> None:
    shares = manifest.evidence.notes["held_out_window_accuracy"]
    assert isinstance(shares, dict)
    assert list(shares) == ["load 0", "load 1", "load 2"]
    assert min(shares.values()) >= 0.9


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_recordings_of_an_unseen_load_are_diagnosed(evaluation: Evaluation, precision: str) -> None:
    accuracy = evaluation.variants[precision].accuracy
    assert (evaluation.records, accuracy.record) == (10, 1.0)
    assert accuracy.window >= 0.97


def test_recordings_of_an_unseen_load_are_known(evaluation: Evaluation) -> None:
    assert evaluation.variants["int8"].novel_share == 0.0


def test_strangers_are_noticed_and_its_own_are_not(shipped_models: Path) -> None:
    shares = dict(read_package(shipped_models / NAME / "1")[1].novel_share)
    assert shares.pop("own") <= 0.05
    assert {"white noise", "sine", "silence with hum", "clipped at 0.5 rms", "journal bearing"} <= set(shares)
    assert min(shares.values()) >= 0.95


def test_its_confidences_can_be_believed(shipped_models: Path) -> None:
    errors = read_package(shipped_models / NAME / "1")[1].calibration_error
    assert (errors["windows"] <= 0.03, errors["records"] <= 0.03) == (True, True)


def test_level_sign_and_offset_do_not_count(int8: LoadedModel, test_file: Path) -> None:
    windows = read_labelled(test_file).windows(0, int8.manifest.input.window)
    plain = int8.engine.run(windows).logits
    np.testing.assert_allclose(int8.engine.run(9.81 * windows + 2).logits, plain, atol=0.1 * np.abs(plain).max())
    assert np.array_equal(int8.engine.run(-windows).logits.argmax(axis=1), plain.argmax(axis=1))


@pytest.mark.parametrize(
    "signal",
    [
        RNG.standard_normal(RATE_HZ),
        np.cumsum(RNG.standard_normal(RATE_HZ)),
        np.zeros(RATE_HZ),
        np.full(RATE_HZ, 1.0),
    ],
    ids=["white", "brown", "zeros", "constant"],
)
def test_signals_of_no_bearing_are_novel(int8: LoadedModel, signal: Float32Array) -> None:
    assert is_novel(int8, signal)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").glob("*.wav")), ids=lambda path: path.stem)
def test_another_machine_is_novel(int8: LoadedModel, path: Path) -> None:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert is_novel(int8, 4 * soxr.resample(samples, rate_hz, RATE_HZ))
