"""The fine-tuning loop: a prepared network learns to live with the rounding."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR
from tqdm import trange

from build_scripts.errors import QuantizationError
from build_scripts.training_windows import epoch_generator
from functions.core.arrays import Float32Array

Batches = Callable[[np.random.Generator], Iterator[tuple[Tensor, Tensor]]]


@dataclass(frozen=True)
class FineTuning:
    """How long, how fast, how many bits a weight has, and how fast ranges follow."""

    epochs: int = 3
    batch_size: int = 64
    learning_rate: float = 2e-4
    bits: int = 7
    momentum: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class FineTuned:
    """The network with its ranges frozen, ready to run, and the mean cross-entropy of each epoch."""

    network: nn.Module
    losses: tuple[float, ...]


def fine_tune(prepared: nn.Module, batches: Batches, config: FineTuning) -> FineTuned:
    """Train a copy of a prepared network on batches of windows float32 [B, C, T] and labels int64 [B].

    Raises:
        QuantizationError: there are no epochs, or an epoch without a batch.
    """
    if config.epochs < 1:
        raise QuantizationError(f"Fine-tuning needs at least one epoch, not {config.epochs}.")
    torch.manual_seed(config.seed)
    network = copy.deepcopy(prepared).train()
    optimizer = AdamW(network.parameters(), config.learning_rate)
    schedule = CosineAnnealingLR(optimizer, config.epochs)
    losses: list[float] = []
    progress = trange(config.epochs, desc="qat", unit="epoch", leave=False)
    for epoch in progress:
        losses.append(_epoch(network, batches(epoch_generator(config.seed, epoch)), optimizer))
        schedule.step()
        progress.set_postfix(loss=f"{losses[-1]:.4f}")
    return FineTuned(network.eval(), tuple(losses))


def window_batches(windows: Float32Array, label: NDArray[np.int64], batch_size: int) -> Batches:
    """Return batches of windows float32 [n, C, T] and labels int64 [n], in a new order each epoch."""

    def batches(rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        order = rng.permutation(len(windows))
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            yield torch.from_numpy(windows[chosen]), torch.from_numpy(label[chosen])

    return batches


def _epoch(network: nn.Module, batches: Iterator[tuple[Tensor, Tensor]], optimizer: AdamW) -> float:
    losses = []
    for windows, label in batches:
        loss = nn.functional.cross_entropy(network(windows), label)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.item()))
    if not losses:
        raise QuantizationError("An epoch has no batch: there are fewer windows than one batch holds.")
    return float(np.mean(losses))
