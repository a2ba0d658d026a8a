"""Batches for fine-tuning from arrays that are at hand whole."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from build_scripts.training.fine_tune import Batches
from functions.core.preprocessing.arrays import Float32Array


def window_batches(windows: Float32Array, label: NDArray[np.int64], batch_size: int) -> Batches:
    """Return batches of windows float32 [n, C, T] and labels int64 [n], in a new order each epoch."""

    def batches(rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        order = rng.permutation(len(windows))
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            yield torch.from_numpy(windows[chosen]), torch.from_numpy(label[chosen])

    return batches
