from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import FineTuningError
from build_scripts.training.fine_tune import TuningConfig, fine_tune
from tests.support.batches import window_batches

WINDOWS = np.random.default_rng(0).normal(0.0, 1.0, (40, 1, 8)).astype(np.float32)
LABEL = (WINDOWS[:, 0].sum(axis=1) > 0).astype(np.int64)
BATCHES = window_batches(WINDOWS, LABEL, 16)
CONFIG = TuningConfig(epochs=4, learning_rate=0.05, seed=1)


def linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(8, 2))


def test_the_loss_falls_and_the_given_network_stays_as_it_was() -> None:
    network = linear()
    tuned = fine_tune(network, BATCHES, CONFIG)
    assert len(tuned.losses) == 4
    assert tuned.losses[-1] < 0.7 * tuned.losses[0]
    assert not tuned.network.training
    for name, weights in linear().state_dict().items():
        assert network.state_dict()[name].equal(weights)


def test_the_seed_decides_the_losses() -> None:
    first, again, other = (fine_tune(linear(), BATCHES, TuningConfig(seed=seed)).losses for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_training_without_epochs_or_batches_is_refused() -> None:
    with pytest.raises(FineTuningError, match="at least one epoch, not 0"):
        fine_tune(linear(), BATCHES, TuningConfig(epochs=0))
    with pytest.raises(FineTuningError, match="above 0 and a batch of 1 or more, not 0 and 64"):
        fine_tune(linear(), BATCHES, TuningConfig(learning_rate=0))
    with pytest.raises(FineTuningError, match=r"not 0\.0002 and 0"):
        fine_tune(linear(), BATCHES, TuningConfig(batch_size=0))
    with pytest.raises(FineTuningError, match="no batch"):
        fine_tune(linear(), lambda _: iter(()), TuningConfig(epochs=1))


def test_a_loss_that_is_not_finite_is_refused() -> None:
    def overflowing(_: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        yield torch.full((4, 1, 8), torch.inf), torch.zeros(4, dtype=torch.int64)

    with pytest.raises(FineTuningError, match="The loss of epoch 1 is nan"):
        fine_tune(linear(), overflowing, CONFIG)
