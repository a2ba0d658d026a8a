from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.data.recordings import read_recordings
from build_scripts.data.records import RecordSet
from build_scripts.errors import CheckpointError, DataError, FineTuningError, PruningError
from build_scripts.export.export import contract_of, export
from build_scripts.export.validate import validate
from build_scripts.measuring.outputs import run_records
from build_scripts.measuring.torch_engine import TorchEngine
from build_scripts.networks.checkpoint import Checkpoint, load_checkpoint, restore_network, save_checkpoint
from build_scripts.networks.network import BearingNetwork
from build_scripts.networks.novelty import NoveltyModel
from build_scripts.networks.trained import model_of
from build_scripts.pruning.kinds import Structured, Unstructured
from build_scripts.pruning.step import PrunedModel, prune, training_records
from build_scripts.pruning.unstructured import largest_weights
from build_scripts.training.fine_tune import TuningConfig
from build_scripts.training.foreign_signals import KINDS
from tests.build_scripts.pruning.conftest import WINDOW
from tests.build_scripts.recipes.test_cross_validate import TINY, write_recordings

TUNING = TuningConfig(epochs=3, batch_size=16, learning_rate=3e-3, seed=1)


@pytest.fixture(scope="module")
def structured(checkpoint: Checkpoint, records: RecordSet) -> PrunedModel:
    return prune(checkpoint, records, Structured(0.5), TUNING)


@pytest.fixture(scope="module")
def unstructured(checkpoint: Checkpoint, records: RecordSet) -> PrunedModel:
    return prune(checkpoint, records, Unstructured(0.7), TUNING)


def test_fine_tuning_lowers_the_loss(structured: PrunedModel, unstructured: PrunedModel) -> None:
    for model in (structured, unstructured):
        assert len(model.losses) == 3
        assert model.losses[-1] < 0.7 * model.losses[0]
        assert model.tuned.metrics["fine_tuning_loss"] == model.losses[-1]


def test_fine_tuning_brings_the_classes_back(structured: PrunedModel, records: RecordSet) -> None:
    before, after = (
        run_records(TorchEngine(restore_network(one)), records, WINDOW).window_accuracy
        for one in (structured.pruned, structured.tuned)
    )
    assert after > before
    assert after > 0.9


def test_channels_are_gone_from_the_fine_tuned_network(structured: PrunedModel) -> None:
    assert [stage.channels for stage in structured.tuned.network.stages] == [8, 16, 8]
    assert structured.tuned.metrics["structured_pruning"] == 0.5
    assert structured.tuned.novelty.projection.shape == (structured.tuned.network.features, 2 + len(KINDS))


def test_masks_survive_fine_tuning(unstructured: PrunedModel, checkpoint: Checkpoint) -> None:
    masks = largest_weights(checkpoint, Unstructured(0.7))
    for name, mask in masks.items():
        weight = unstructured.tuned.weights[f"{name}.weight"]
        assert weight[~mask].count_nonzero() == 0
        assert not weight[mask].equal(checkpoint.weights[f"{name}.weight"][mask])
    assert unstructured.tuned.network == checkpoint.network
    assert list(unstructured.tuned.weights) == list(checkpoint.weights)


def test_the_novelty_measure_is_fitted_to_the_new_features(structured: PrunedModel, records: RecordSet) -> None:
    windows = np.concatenate([records.windows(index, WINDOW)[:1] for index in range(len(records))])
    distance = TorchEngine(restore_network(structured.tuned)).run(windows).distance
    assert distance is not None
    assert 0.3 < float(np.median(distance)) < 2.0


def test_the_same_seed_gives_the_same_checkpoint(
    structured: PrunedModel, checkpoint: Checkpoint, records: RecordSet
) -> None:
    again, other = (prune(checkpoint, records, Structured(0.5), replace(TUNING, seed=seed)) for seed in (1, 2))
    assert again.losses == structured.losses != other.losses
    for name, weights in structured.tuned.weights.items():
        assert again.tuned.weights[name].equal(weights)
    assert (again.tuned.novelty.projection == structured.tuned.novelty.projection).all()


def test_the_given_checkpoint_stays_as_it_was(
    structured: PrunedModel, unstructured: PrunedModel, checkpoint: Checkpoint, checkpoint_path: Path
) -> None:
    assert structured.losses != unstructured.losses
    for name, weights in load_checkpoint(checkpoint_path).weights.items():
        assert checkpoint.weights[name].equal(weights)


def test_the_pruned_checkpoint_is_an_ordinary_one(structured: PrunedModel, tmp_path: Path) -> None:
    read = load_checkpoint(save_checkpoint(structured.tuned, tmp_path / "small.pt"))
    exported = export(read, tmp_path / "small.onnx")
    report = validate(exported.path, restore_network(structured.tuned), contract_of(model_of(read)))
    assert report.max_abs_difference < 1e-4


def test_long_recordings_are_cut_into_segments(tmp_path: Path) -> None:
    write_recordings(tmp_path / "recordings.npz", (0,), samples=1000)
    recordings = read_recordings(tmp_path / "recordings.npz")
    torch.manual_seed(0)
    features, weights = TINY.network.features, BearingNetwork(TINY.network).state_dict()
    novelty = NoveltyModel(np.zeros((features, 9), np.float32), np.zeros((10, 9), np.float32))
    checkpoint = Checkpoint(TINY.description, TINY.network, weights, novelty, {"novelty_windows": 300}, {})
    assert len(training_records(recordings, checkpoint, 64)) == 10 * 256
    model = prune(checkpoint, recordings, Unstructured(0.2), TuningConfig(epochs=2))
    assert model.losses[1] < model.losses[0]
    assert model.tuned.novelty.means.shape == (10, 9 + len(KINDS))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": ("a", "b")}, "The data has 2 classes, the model 3"),
        ({"sample_rate_hz": 2000.0}, "2000 samples/s, the model needs 1000"),
        ({"counts": np.zeros((96, 200), np.int16)}, "A record has 200 samples, a window 256"),
        ({"label": np.arange(96) % 2}, "The data has no record of high"),
    ],
)
def test_records_of_another_kind_are_refused(
    checkpoint: Checkpoint, records: RecordSet, change: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        prune(checkpoint, replace(records, **change), Structured(0.5), TUNING)  # type: ignore[arg-type]


@pytest.mark.parametrize("batch_size", [0, 97])
def test_a_batch_that_records_do_not_fill_is_refused(
    checkpoint: Checkpoint, records: RecordSet, batch_size: int
) -> None:
    with pytest.raises(PruningError, match=f"96 records do not fill a batch of {batch_size}"):
        prune(checkpoint, records, Structured(0.5), replace(TUNING, batch_size=batch_size))


@pytest.mark.parametrize("pruning", [Structured(0.5), Unstructured(0.5)])
def test_weights_that_are_not_those_of_the_network_are_refused(
    checkpoint: Checkpoint, records: RecordSet, pruning: Structured | Unstructured
) -> None:
    lacking = {name: tensor for name, tensor in checkpoint.weights.items() if name != "head.weight"}
    with pytest.raises(CheckpointError, match="The weights do not fit the network"):
        prune(replace(checkpoint, weights=lacking), records, pruning, TUNING)


def test_no_epochs_are_refused(checkpoint: Checkpoint, records: RecordSet) -> None:
    with pytest.raises(FineTuningError, match="at least one epoch, not 0"):
        prune(checkpoint, records, Unstructured(0.5), replace(TUNING, epochs=0))
