from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.data.records import RecordSet
from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint import Checkpoint, restore_network
from build_scripts.networks.network import BearingNetwork
from build_scripts.training.train import TrainingRun, pooled_features, train
from tests.build_scripts.conftest import DESCRIPTION, NETWORK, TRAINING, WINDOW


def trained(records: RecordSet, state: Path) -> Checkpoint:
    return train(records, DESCRIPTION, NETWORK, TRAINING, state)


@pytest.fixture
def interrupted(records: RecordSet, tmp_path: Path) -> Path:
    """The state of a training that broke off after its first epoch."""
    save = TrainingRun.save

    def save_and_break_off(run: TrainingRun, path: Path) -> None:
        save(run, path)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingRun, "save", save_and_break_off)
        with pytest.raises(KeyboardInterrupt):
            trained(records, tmp_path / "state.pt")
    return tmp_path / "state.pt"


def test_training_lowers_the_loss(records: RecordSet, checkpoint: Checkpoint) -> None:
    assert checkpoint.metrics["training_loss"] < np.log(11)
    assert checkpoint.metrics["training_records"] == len(records)
    assert checkpoint.training["epochs"] == 2


def test_a_resumed_training_ends_where_an_unbroken_one_does(
    records: RecordSet, checkpoint: Checkpoint, interrupted: Path
) -> None:
    resumed = trained(records, interrupted)
    for name, weights in checkpoint.weights.items():
        torch.testing.assert_close(resumed.weights[name], weights, rtol=0, atol=0)
    assert resumed.metrics == checkpoint.metrics
    assert np.array_equal(resumed.novelty.projection, checkpoint.novelty.projection)


def test_a_state_of_another_schedule_is_refused(records: RecordSet, interrupted: Path) -> None:
    with pytest.raises(CheckpointError, match=rf"was trained with epochs {TRAINING.epochs}, not 5; remove it"):
        train(records, DESCRIPTION, NETWORK, replace(TRAINING, epochs=5), interrupted)


def test_a_state_that_is_damaged_is_refused(records: RecordSet, tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"PK\x03\x04cut off")
    with pytest.raises(CheckpointError, match=r"state\.pt is no state of a training, or is damaged; remove it"):
        train(records, DESCRIPTION, NETWORK, TRAINING, tmp_path / "state.pt")


def test_too_few_records_are_refused(records: RecordSet, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="44 records do not fill a batch of 64"):
        train(records, DESCRIPTION, NETWORK, replace(TRAINING, batch_size=64), tmp_path / "state.pt")


def test_features_do_not_depend_on_the_batch_size(records: RecordSet) -> None:
    network, windows = BearingNetwork(NETWORK), records.windows(0, WINDOW)
    single = np.concatenate([pooled_features(network, window[None]) for window in windows])
    np.testing.assert_allclose(single, pooled_features(network, windows), atol=1e-5)


def test_the_novelty_measure_is_about_one_on_training_records(records: RecordSet, checkpoint: Checkpoint) -> None:
    served, windows = restore_network(checkpoint), np.concatenate([records.windows(i, WINDOW) for i in range(44)])
    with torch.no_grad():
        _, distance = served(torch.from_numpy(windows))
    assert 0.3 < float(distance.median()) < 2.0


def test_strangers_are_seen_and_add_directions_to_the_measure(records: RecordSet, tmp_path: Path) -> None:
    strange = records.of_classes(("wear", "imbalance"))
    config = replace(TRAINING, epochs=1)
    with_them, without = (
        train(records, DESCRIPTION, NETWORK, config, tmp_path / f"{len(sets)}.pt", sets) for sets in ((strange,), ())
    )
    assert with_them.novelty.projection.shape[1] == without.novelty.projection.shape[1] + 2
    assert not np.array_equal(with_them.weights["head.bias"], without.weights["head.bias"])
