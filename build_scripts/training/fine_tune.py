"""The fine-tuning loop of every step that changes a trained network and lets it recover."""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR

from build_scripts.data.progress import Progress
from build_scripts.errors import FineTuningError
from build_scripts.training.training_windows import epoch_generator

Batches = Callable[[np.random.Generator], Iterator[tuple[Tensor, Tensor]]]
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class TuningConfig:
    """Settings of a fine-tuning: AdamW under a learning rate that falls along a cosine."""

    epochs: int = 3
    batch_size: int = 64
    learning_rate: float = 2e-4
    seed: int = 0


@dataclass(frozen=True)
class FineTuned(Generic[Network]):
    """The network, ready to run, and the mean cross-entropy of each epoch."""

    network: Network
    losses: tuple[float, ...]


def fine_tune(network: Network, batches: Batches, config: TuningConfig, name: str = "fine-tune") -> FineTuned[Network]:
    """Train a copy of a network on batches of windows float32 [B, C, T] and labels int64 [B].

    Raises:
        FineTuningError: there are no epochs, a learning rate of 0 or less, batches of less than one window, an epoch
            without a batch, or a loss that is not finite.
    """
    if config.epochs < 1:
        raise FineTuningError(f"Fine-tuning needs at least one epoch, not {config.epochs}.")
    if config.learning_rate <= 0 or config.batch_size < 1:
        rate, size = config.learning_rate, config.batch_size
        raise FineTuningError(
            f"Fine-tuning needs a learning rate above 0 and a batch of 1 or more, not {rate:g} and {size}."
        )
    torch.manual_seed(config.seed)
    tuned = copy.deepcopy(network).train()
    optimizer = AdamW(tuned.parameters(), config.learning_rate)
    schedule = CosineAnnealingLR(optimizer, config.epochs)
    losses: list[float] = []
    progress = Progress(range(config.epochs), name, "epoch")
    for epoch in progress:
        losses.append(_epoch(tuned, batches(epoch_generator(config.seed, epoch)), optimizer))
        if not math.isfinite(losses[-1]):
            raise FineTuningError(
                f"The loss of epoch {epoch + 1} is {losses[-1]}: lower the learning rate, or look for extreme samples."
            )
        schedule.step()
        progress.note(f"loss {losses[-1]:.4f}")
    return FineTuned(tuned.eval(), tuple(losses))


def _epoch(network: nn.Module, batches: Iterator[tuple[Tensor, Tensor]], optimizer: AdamW) -> float:
    losses = []
    for windows, label in batches:
        loss = nn.functional.cross_entropy(network(windows), label)
        if not loss.isfinite():
            # A step along it would make every weight no number.
            return float(loss.item())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.item()))
    if not losses:
        raise FineTuningError(
            "An epoch has no batch: there are fewer windows than one batch holds; give more records or a smaller batch."
        )
    return float(np.mean(losses))
