"""The training of the network that reads fault lines: seconds on a CPU."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from build_scripts.data.fault_lines import LineRecords
from build_scripts.data.simulation.rolling import NORMAL
from build_scripts.errors import CheckpointError
from build_scripts.networks.fault_lines import FaultLineNetwork


@dataclass(frozen=True)
class LineTraining:
    """How long and how fast: AdamW under a one-cycle learning rate.

    noise is added to the features; a normal window counts `normal_weight` times: a false alarm costs a machine's stop.
    """

    epochs: int = 30
    batch_size: int = 128
    peak_learning_rate: float = 5e-3
    weight_decay: float = 2e-2
    noise: float = 0.1
    smoothing: float = 0.02
    normal_weight: float = 1.5
    seed: int = 0


def train_lines(records: LineRecords, config: LineTraining = LineTraining()) -> FaultLineNetwork:
    """Return a network trained on every window of records, ready to run."""
    torch.manual_seed(config.seed)
    torch.set_num_threads(1)
    network = FaultLineNetwork()
    counts = [len(one) for one in records.features]
    features = torch.from_numpy(np.concatenate(records.features))
    conditions = torch.from_numpy(np.repeat(records.conditions, counts, axis=0))
    label = torch.from_numpy(np.repeat(records.label, counts))
    weight = torch.where(label == NORMAL, config.normal_weight, 1.0)
    steps = max(1, len(features) // config.batch_size)
    optimizer = AdamW(network.parameters(), weight_decay=config.weight_decay)
    schedule = OneCycleLR(optimizer, config.peak_learning_rate, total_steps=config.epochs * steps)
    for _ in range(config.epochs):
        for chosen in torch.randperm(len(features))[: steps * config.batch_size].tensor_split(steps):
            seen = features[chosen] + config.noise * torch.randn(len(chosen), *features.shape[1:])
            each = nn.functional.cross_entropy(
                network(seen, conditions[chosen]), label[chosen], reduction="none", label_smoothing=config.smoothing
            )
            optimizer.zero_grad()
            (each * weight[chosen]).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network.eval()


def save_lines(network: FaultLineNetwork, path: Path) -> Path:
    """Write the weights of a network and return their path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return path


def load_lines(path: Path) -> FaultLineNetwork:
    """Read the weights of a network, ready to run.

    Raises:
        CheckpointError: the file is missing, or is no checkpoint of this network.
    """
    network = FaultLineNetwork()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} is no checkpoint of a network for fault lines; train it anew.") from error
    return network.eval()
