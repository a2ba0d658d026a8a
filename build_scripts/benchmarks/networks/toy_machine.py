"""Labelled records of a toy machine that every kind of network learns in seconds, and the training of one."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from build_scripts.benchmarks.variants.arms import torch_threads
from functions.core.preprocessing.arrays import Float32Array, Float64Array

CLASSES = ("healthy", "unbalance", "bearing", "cavitation")
CHANNELS, WINDOW, RECORD, SAMPLE_RATE_HZ = 2, 2048, 4096, 12_800
BATCH = 32


@dataclass(frozen=True)
class ToyRecords:
    """Signals float32 [n, 2, 4096] in g and labels int64 [n], classes in turn."""

    signals: Float32Array
    label: NDArray[np.int64]

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw 32 windows float32 [32, 2, 2048] with their labels."""
        chosen, start = rng.integers(0, len(self.label), BATCH), int(rng.integers(0, RECORD - WINDOW + 1))
        windows = self.signals[chosen, :, start : start + WINDOW]
        return torch.from_numpy(windows), torch.from_numpy(self.label[chosen])


def toy_records(seed: int, count: int) -> ToyRecords:
    """Simulate records at 23 to 27 turns a second; another seed gives other records."""
    rng = np.random.default_rng(seed)
    label = np.arange(count) % len(CLASSES)
    signals = np.stack([_record(rng, CLASSES[one]) for one in label])
    return ToyRecords(signals.astype(np.float32), label.astype(np.int64))


def _record(rng: np.random.Generator, fault: str) -> Float64Array:
    turns = rng.uniform(23, 27) * np.arange(RECORD) / SAMPLE_RATE_HZ + rng.random()
    grade = rng.uniform(0.7, 1.4)
    shaft = np.stack([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)])
    noise = rng.normal(0, 0.2, (CHANNELS, RECORD))
    if fault == "unbalance":
        return np.asarray(noise + 2.5 * grade * shaft)
    if fault == "bearing":
        since_hit_s = np.mod(3.6 * turns, 1) / (3.6 * 25)
        hits = np.exp(-900 * since_hit_s) * np.sin(2 * np.pi * 2600 * since_hit_s)
        return np.asarray(noise + 0.5 * shaft + 4 * grade * hits)
    if fault == "cavitation":
        return np.asarray(0.5 * shaft + noise * (1 + 5 * grade * (1 + np.sin(10 * np.pi * turns))))
    return np.asarray(noise + 0.5 * shaft)


def train_on(records: ToyRecords, network: nn.Module, steps: int) -> nn.Module:
    """Train a network of any form of answers on records, always alike; returns it in evaluation mode."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    # More threads gain nothing on batches this small, and share what is computed in another order.
    with torch_threads(1):
        for _ in range(steps):
            windows, label = records.batch(rng)
            loss = _loss(network(windows), label)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return network.eval()


def _loss(answer: object, label: Tensor) -> Tensor:
    """Cross-entropy of the class, whichever form of answers it comes in."""
    if isinstance(answer, dict):
        return _loss(answer["logits"], label)
    if isinstance(answer, tuple):
        return _loss(answer[0], label)
    if not isinstance(answer, Tensor):
        return _loss(getattr(answer, "logits"), label)  # noqa: B009 - its class is the network file's own
    if bool((answer.detach() >= 0).all()) and torch.allclose(answer.sum(dim=1), torch.ones(len(answer)), atol=1e-4):
        return nn.functional.nll_loss(answer.clamp_min(1e-7).log(), label)
    return nn.functional.cross_entropy(answer, label)
