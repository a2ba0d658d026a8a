"""Batches of training: one window at a random place of every record, in a new order each epoch."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from build_scripts.data.records import LabelledRecords

GAIN_RANGE = (0.9, 1.1)


def epoch_generator(seed: int, epoch: int) -> np.random.Generator:
    """Return the generator of one epoch: an interrupted training goes on with the same windows."""
    return np.random.default_rng(np.random.SeedSequence((seed, epoch)))


def random_batches(
    records: LabelledRecords, window: int, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield windows float32 [batch_size, C, window] in the records' unit and labels int64 [batch_size].

    Every record gives one window with a random sign, as a sensor may be mounted either way, and a gain
    of 0.9 to 1.1, as sensors differ; what does not fill a batch is left to the next epoch.
    """
    for windows, label in plain_batches(records, window, batch_size, rng):
        gains = rng.choice((-1.0, 1.0), batch_size) * rng.uniform(*GAIN_RANGE, batch_size)
        yield windows * torch.from_numpy(gains[:, None, None].astype(np.float32)), label


def plain_batches(
    records: LabelledRecords, window: int, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield windows float32 [batch_size, C, window] as they are, and labels int64 [batch_size].

    What does not fill a batch is left to the next epoch.
    """
    order = rng.permutation(len(records))
    for start in range(0, len(order) - batch_size + 1, batch_size):
        chosen = order[start : start + batch_size]
        windows = records.random_windows(chosen, window, rng)
        yield torch.from_numpy(windows), torch.from_numpy(records.label[chosen])
