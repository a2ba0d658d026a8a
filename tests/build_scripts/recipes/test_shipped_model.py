"""The package that ships: verified, accurate on records nobody trained on, and able to tell strangers."""

from pathlib import Path

import numpy as np
import pytest
import soxr

from build_scripts.build_cli.parser import CHECKPOINTS
from build_scripts.data.records import RecordSet, read_records
from build_scripts.data.simulate import SimulationConfig, simulate
from build_scripts.evidence.disturbances import KINDS, evaluate_disturbed
from build_scripts.evidence.evaluate import Evaluation, evaluate
from build_scripts.measuring.gates import MAX_ACCURACY_DROP
from build_scripts.measuring.outputs import RecordOutputs, agreement, run_records
from build_scripts.networks.checkpoint import file_sha256, load_checkpoint
from functions.core.models.diagnosis import novelty
from functions.core.models.manifest import Manifest
from functions.core.models.models import LoadedModel, ModelRepository
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.conftest import SHARED, WINDOW, shipped_package

NAME = "journal-bearing"
CHECKPOINT = CHECKPOINTS / f"{NAME}.pt"
SPEEDS_HZ = ("16.5", "50", "118")
RNG = np.random.default_rng(0)
TIME_S = np.arange(WINDOW) / 20480


@pytest.fixture(scope="module")
def repository(shipped_models: Path) -> ModelRepository:
    return ModelRepository(shipped_models)


@pytest.fixture(scope="module")
def int8(repository: ModelRepository) -> LoadedModel:
    return repository.load(NAME, precision="int8")


@pytest.fixture(scope="module")
def manifest(repository: ModelRepository) -> Manifest:
    return repository.manifest(NAME)


@pytest.fixture(scope="module")
def fresh_records() -> RecordSet:
    return simulate(SimulationConfig(records_per_cell=3, seed=424242))


@pytest.fixture(scope="module")
def fresh_outputs(repository: ModelRepository, fresh_records: RecordSet) -> dict[str, RecordOutputs]:
    return {
        precision: run_records(repository.load(NAME, precision=precision).engine, fresh_records, WINDOW)
        for precision in ("fp32", "int8")
    }


@pytest.fixture(scope="module")
def reference_evaluation(shipped_models: Path, reference_records: Path) -> Evaluation:
    return evaluate(shipped_models, NAME, read_records(reference_records))


@pytest.fixture(scope="module")
def disturbed(shipped_models: Path) -> dict[str, dict[str, int]]:
    """Counts of 44 records that were right, flagged and wrong, by kind of disturbance."""
    kinds = ("high-pass 10 Hz, order 2", "offset 0.2 g", "gain 0.5", *(f"shaft at {one} Hz" for one in SPEEDS_HZ))
    report = evaluate_disturbed(shipped_models, NAME, {one: KINDS[one] for one in kinds}, records_per_cell=1)
    versions = report["versions"]
    assert isinstance(versions, dict)
    return dict(versions[shipped_package(NAME).name])


def recording_novelty(model: LoadedModel, windows: Float32Array) -> float:
    value = novelty(model.engine.run(windows), model.manifest.novelty)
    assert value is not None
    return value


def threshold(model: LoadedModel) -> float:
    assert model.manifest.novelty is not None
    return model.manifest.novelty.threshold


def test_it_was_packaged_from_the_checkpoint_that_ships(manifest: Manifest) -> None:
    assert manifest.source_checkpoint_sha256 == file_sha256(CHECKPOINT)
    assert [label.id for label in manifest.classes] == [
        one for one, _ in load_checkpoint(CHECKPOINT).description.classes
    ]


def test_its_files_are_small(manifest: Manifest) -> None:
    assert manifest.variant("int8").size_bytes <= 200_000
    assert manifest.variant("int8").size_bytes / manifest.variant("fp32").size_bytes <= 0.35
    assert CHECKPOINT.stat().st_size + sum(one.size_bytes for one in manifest.variants) < 1_200_000


def test_int8_agrees_with_float32_on_fresh_records(fresh_outputs: dict[str, RecordOutputs]) -> None:
    fp32, integer = fresh_outputs["fp32"], fresh_outputs["int8"]
    assert agreement(fp32, integer) >= 0.99
    assert fp32.window_accuracy - integer.window_accuracy <= MAX_ACCURACY_DROP


def test_fresh_records_are_diagnosed(shipped_models: Path, fresh_records: RecordSet) -> None:
    accuracy = evaluate(shipped_models, NAME, fresh_records).variants["int8"].accuracy
    assert accuracy.record >= 0.99
    assert accuracy.window >= 0.955


def test_a_window_without_a_burst_leaves_cavitation_open(
    fresh_outputs: dict[str, RecordOutputs], manifest: Manifest
) -> None:
    outputs = fresh_outputs["int8"]
    probabilities = np.concatenate(outputs.probabilities(manifest.temperature))[outputs.window_label == 0]
    # Bursts miss a bit more than a third of all windows: one third to two thirds of the odds of a healthy window.
    assert 0.15 < np.median(probabilities[:, 5]) < 0.4
    assert np.median(probabilities[:, 0]) == pytest.approx(1 - np.median(probabilities[:, 5]), abs=0.05)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_reference_records_are_diagnosed(reference_evaluation: Evaluation, precision: str) -> None:
    accuracy = reference_evaluation.variants[precision].accuracy
    assert accuracy.record >= 87 / 88
    assert accuracy.window >= 0.97


def test_reference_records_are_known(reference_evaluation: Evaluation) -> None:
    share = reference_evaluation.variants["int8"].novel_share
    assert share is not None
    assert share <= 0.03


@pytest.mark.parametrize(
    "signal",
    [
        RNG.standard_normal(WINDOW),
        np.sin(2 * np.pi * 1000 * TIME_S),
        0.1 * np.sin(2 * np.pi * 1000 * TIME_S),
        np.zeros(WINDOW),
        np.full(WINDOW, 1.0),
    ],
    ids=["white-1g", "sine-1khz", "weak-sine-1khz", "zeros", "constant"],
)
def test_signals_of_no_bearing_are_novel(int8: LoadedModel, signal: Float32Array) -> None:
    assert recording_novelty(int8, signal.astype(np.float32)[None, None]) > threshold(int8)


def test_a_wrong_unit_is_novel(int8: LoadedModel, fresh_records: RecordSet) -> None:
    novel = [
        recording_novelty(int8, 10 * fresh_records.windows(index, WINDOW)) > threshold(int8)
        for index in range(len(fresh_records))
    ]
    # Gains of 0.4 to 2.5 are known: ten times as much is flagged less surely than when none was.
    assert np.mean(novel) >= 0.75


def test_another_machine_is_novel(int8: LoadedModel) -> None:
    path = SHARED / "data" / "cwru" / "cwru_12k_de_test.npz"
    if not path.exists():
        pytest.skip(f"the CWRU recordings are not on this machine: {path}")
    with np.load(path) as archive:
        for name in archive["names"]:
            recording = soxr.resample(archive[f"sig_{name}"], 12000, 20480)[: 4 * WINDOW]
            windows = recording.reshape(4, 1, WINDOW).astype(np.float32)
            assert recording_novelty(int8, windows) > threshold(int8), name


def test_filters_offsets_and_gains_of_a_measuring_chain_are_known(disturbed: dict[str, dict[str, int]]) -> None:
    assert disturbed["high-pass 10 Hz, order 2"]["right"] >= 40
    assert disturbed["high-pass 10 Hz, order 2"]["wrong"] <= 3
    for kind in ("offset 0.2 g", "gain 0.5", "shaft at 50 Hz"):
        assert disturbed[kind]["right"] >= 40, kind
        assert disturbed[kind]["wrong"] <= 1, kind


def test_other_speeds_are_flagged_where_a_shaft_line_shows_them(disturbed: dict[str, dict[str, int]]) -> None:
    # Three classes of eleven have no line of the shaft: they are right at any speed.
    for kind in ("shaft at 16.5 Hz", "shaft at 118 Hz"):
        assert disturbed[kind]["flagged"] >= 28, kind
        assert disturbed[kind]["wrong"] <= 1, kind
