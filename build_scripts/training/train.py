"""The step that trains: records to a checkpoint; an interrupted training goes on where it stopped."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from build_scripts.data.progress import Progress
from build_scripts.data.records import LabelledRecords
from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint import Checkpoint, ModelDescription
from build_scripts.networks.network import BearingNetwork, NetworkConfig
from build_scripts.networks.novelty import NoveltyModel, fit_novelty
from build_scripts.networks.weights import BROKEN
from build_scripts.training.foreign_signals import KINDS, exposure
from build_scripts.training.training_windows import epoch_generator, random_batches
from functions.core.preprocessing.arrays import Float32Array

FEATURE_BATCH = 64


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training: AdamW under a one-cycle learning rate.

    Each step also sees `outliers_of_kind` outliers of each kind, twice as many windows of each set of strangers, and a
    head of its own, which is not kept, learns to separate them from the batch: the loss of that counts
    `outlier_weight`.
    """

    epochs: int = 50
    batch_size: int = 64
    peak_learning_rate: float = 6e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.15
    novelty_windows: int = 20000
    outliers_of_kind: int = 4
    outlier_weight: float = 1.0
    seed: int = 0
    threads: int = 2


class TrainingRun:
    """Network, optimizer and schedule of one training, saved and restored together."""

    def __init__(
        self,
        network: NetworkConfig,
        config: TrainingConfig,
        steps_per_epoch: int,
        strangers: Sequence[LabelledRecords] = (),
    ) -> None:
        self._strangers = strangers
        torch.manual_seed(config.seed)
        torch.set_num_threads(config.threads)
        self.config = config
        self.epoch = 0
        self.network = BearingNetwork(network)
        self.outlier_head = nn.Linear(network.features, 1)
        learned = [*self.network.parameters(), *self.outlier_head.parameters()]
        self.optimizer = AdamW(learned, weight_decay=config.weight_decay)
        self.schedule = OneCycleLR(
            self.optimizer, config.peak_learning_rate, config.epochs * steps_per_epoch, pct_start=config.warm_up
        )

    def save(self, path: Path) -> None:
        """Write the state after an epoch in place of the last one, all of it or nothing."""
        state = {
            "config": asdict(self.config),
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "outlier_head": self.outlier_head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "torch_rng": torch.get_rng_state(),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def restore(self, path: Path) -> None:
        """Restore a saved state.

        Raises:
            CheckpointError: the file is damaged, or its state belongs to a training with other settings.
        """
        try:
            state = torch.load(path, weights_only=True)
            kept = dict(state["config"])
        except (*BROKEN, UnpicklingError) as error:
            raise CheckpointError(f"{path} is no state of a training, or is damaged; remove it.") from error
        wanted = asdict(self.config)
        if kept != wanted:
            other = [
                f"{name} {kept.get(name)}, not {value}" for name, value in wanted.items() if kept.get(name) != value
            ]
            raise CheckpointError(f"{path} was trained with {'; '.join(other) or 'more settings'}; remove it.")
        self.epoch = state["epoch"]
        self.network.load_state_dict(state["network"])
        self.outlier_head.load_state_dict(state["outlier_head"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["torch_rng"])

    def train_epoch(self, records: LabelledRecords, window: int) -> float:
        """Train on one window of every record and return the mean cross-entropy."""
        self.network.train()
        rng = epoch_generator(self.config.seed, self.epoch)
        losses = [
            self._step(windows, label, self._outliers(windows, records.sample_rate_hz, rng))
            for windows, label in Progress(
                random_batches(records, window, self.config.batch_size, rng),
                f"epoch {self.epoch + 1}",
                "batch",
                total=len(records) // self.config.batch_size,
            )
        ]
        self.epoch += 1
        return float(np.mean(losses))

    def _outliers(self, windows: torch.Tensor, sample_rate_hz: float, rng: np.random.Generator) -> torch.Tensor:
        drawn = [exposure(rng, windows.numpy(), self.config.outliers_of_kind, sample_rate_hz)]
        for one in self._strangers:
            chosen = rng.integers(0, len(one), 2 * self.config.outliers_of_kind)
            drawn.append(one.random_windows(chosen, windows.shape[2], rng))
        return torch.from_numpy(np.concatenate(drawn))

    def _step(self, windows: torch.Tensor, label: torch.Tensor, outliers: torch.Tensor) -> float:
        features = self.network.features(torch.cat([windows, outliers]))
        loss = nn.functional.cross_entropy(self.network.head(features[: len(windows)]), label)
        strange = (torch.arange(len(features)) >= len(windows)).float()
        outlier_loss = nn.functional.binary_cross_entropy_with_logits(self.outlier_head(features).squeeze(1), strange)
        self.optimizer.zero_grad()
        (loss + self.config.outlier_weight * outlier_loss).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.schedule.step()
        return float(loss.item())


def train(
    records: LabelledRecords,
    description: ModelDescription,
    network: NetworkConfig,
    config: TrainingConfig,
    state: Path,
    strangers: Sequence[LabelledRecords] = (),
) -> Checkpoint:
    """Train a network on records and fit its novelty measure on windows of them.

    Args:
        state: file of the training's state after each epoch; an existing one is resumed.
        strangers: sets of records to be called novel, as those of machines that turn faster.

    Raises:
        CheckpointError: `state` belongs to a training with other settings.
        ValueError: fewer records than a batch.
    """
    if len(records) < config.batch_size:
        raise ValueError(f"{len(records)} records do not fill a batch of {config.batch_size}.")
    run = TrainingRun(network, config, len(records) // config.batch_size, strangers)
    if state.exists():
        run.restore(state)
    loss = float("nan")
    epochs = Progress(range(run.epoch, config.epochs), "train", "epoch", total=config.epochs, done=run.epoch)
    for _ in epochs:
        loss = run.train_epoch(records, description.window)
        run.save(state)
        epochs.note(f"loss {loss:.4f}")
    novelty = novelty_of_training(run.network, records, description.window, config, strangers)
    return _finished(run, description, novelty, {"training_loss": loss, "training_records": len(records)})


def _finished(
    run: TrainingRun, description: ModelDescription, novelty: NoveltyModel, metrics: dict[str, float]
) -> Checkpoint:
    return Checkpoint(
        description=description,
        network=run.network.config,
        weights={name: tensor.detach().clone() for name, tensor in run.network.state_dict().items()},
        novelty=novelty,
        training=asdict(run.config),
        metrics=metrics,
    )


def novelty_of_training(
    network: BearingNetwork,
    records: LabelledRecords,
    window: int,
    config: TrainingConfig,
    strangers: Sequence[LabelledRecords] = (),
) -> NoveltyModel:
    """Fit the novelty measure of a trained network on windows at random places of its training records.

    Each kind of outlier, and each class of each set of strangers, is a kind that the measure separates.
    """
    rng = epoch_generator(config.seed, config.epochs)
    chosen = rng.integers(0, len(records), config.novelty_windows)
    parts = np.array_split(chosen, math.ceil(len(chosen) / FEATURE_BATCH))
    known, strange = [], []
    for part in Progress(parts, "novelty", "batch"):
        windows = records.random_windows(part, window, rng)
        known.append(pooled_features(network, windows))
        drawn = pooled_features(network, exposure(rng, windows, 1, records.sample_rate_hz))
        strange.append(drawn.reshape(len(KINDS), -1))
    kinds = [np.mean(strange, axis=0), *(_mean_features(network, one, window, rng) for one in strangers)]
    return fit_novelty(np.concatenate(known), records.label[chosen], np.concatenate(kinds))


def _mean_features(
    network: BearingNetwork, records: LabelledRecords, window: int, rng: np.random.Generator
) -> Float32Array:
    """Return the mean pooled features of each class of records, float32 [K, F], of a window of each record."""
    order = np.arange(len(records))
    parts = np.array_split(order, math.ceil(len(order) / FEATURE_BATCH))
    features = np.concatenate([pooled_features(network, records.random_windows(one, window, rng)) for one in parts])
    return np.stack([features[records.label == index].mean(axis=0) for index in np.unique(records.label)])


def pooled_features(network: BearingNetwork, windows: Float32Array) -> Float32Array:
    """Return the pooled features float32 [n, F] of windows float32 [n, C, T]."""
    network.eval()
    with torch.no_grad():
        features: Float32Array = network.features(torch.from_numpy(windows)).numpy()
    return features
