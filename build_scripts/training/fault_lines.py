"""The training of the network that reads fault lines: seconds on a CPU."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from build_scripts.data.fault_lines import LineRecords
from build_scripts.errors import CheckpointError
from build_scripts.networks.fault_lines import FaultLineNetworks
from build_scripts.networks.weights import read_weights


@dataclass(frozen=True)
class LineTraining:
    """Settings of the training: AdamW under a one-cycle learning rate.

    noise: RMS of what is added to the features; smoothing: of the labels.
    """

    epochs: int = 25
    batch_size: int = 128
    peak_learning_rate: float = 5e-3
    weight_decay: float = 2e-2
    noise: float = 0.05
    smoothing: float = 0.02
    seed: int = 0


def train_lines(records: LineRecords, config: LineTraining = LineTraining()) -> FaultLineNetworks:
    """Return networks trained on every window of records, ready to run; each starts from a seed of its own."""
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    networks = FaultLineNetworks()
    counts = [len(one) for one in records.features]
    features = torch.from_numpy(np.concatenate(records.features))
    conditions = torch.from_numpy(np.repeat(records.conditions, counts, axis=0))
    label = torch.from_numpy(np.repeat(records.label, counts))
    for index, member in enumerate(networks.members):
        torch.manual_seed(config.seed + index)
        _train_one(member, (features, conditions, label), config)
    return networks.eval()


def _train_one(network: nn.Module, windows: tuple[Tensor, Tensor, Tensor], config: LineTraining) -> None:
    features, conditions, label = windows
    steps = max(1, len(features) // config.batch_size)
    optimizer = AdamW(network.parameters(), weight_decay=config.weight_decay)
    schedule = OneCycleLR(optimizer, config.peak_learning_rate, total_steps=config.epochs * steps)
    for _ in range(config.epochs):
        for chosen in torch.randperm(len(features))[: steps * config.batch_size].tensor_split(steps):
            seen = features[chosen] + config.noise * torch.randn(len(chosen), *features.shape[1:])
            logits = network(seen, conditions[chosen])
            loss = nn.functional.cross_entropy(logits, label[chosen], label_smoothing=config.smoothing)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()


def save_lines(network: FaultLineNetworks, path: Path) -> Path:
    """Write the weights of a network and return their path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return path


def load_lines(path: Path) -> FaultLineNetworks:
    """Read the weights of a network, ready to run.

    Raises:
        CheckpointError: the file is missing, or is no checkpoint of this network.
    """
    network = FaultLineNetworks()
    try:
        network.load_state_dict(read_weights(path)[""])
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(f"{path} is no checkpoint of a network for fault lines; train it anew.") from error
    return network.eval()
