"""The network the speed of ours is compared with: a one-dimensional ResNet-18, random weights.

Source: the 1-D ResNet-18 of the public LSTM-PFD project (2026): 3.85 million parameters, 891 million
multiply-accumulates for a window of 20480 samples. Speed does not depend on the weights' values.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from build_scripts.export.torch_export import traced

CLASSES = 11
WINDOW = 20480
STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))


class ResidualBlock(nn.Module):
    """Two convolutions of kernel 3 and a shortcut."""

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(inputs, channels, 3, stride, 1, bias=False),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm1d(channels),
        )
        plain = inputs == channels and stride == 1
        self.shortcut = nn.Identity() if plain else _projection(inputs, channels, stride)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return float32 [B, channels, T / stride]."""
        return torch.relu(self.body(hidden) + self.shortcut(hidden))


class ReferenceNetwork(nn.Module):
    """Windows float32 [B, 1, T] to logits float32 [B, 11]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(1, 64, 64, 4, 32, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.MaxPool1d(4, 4)
        )
        blocks: list[nn.Module] = []
        inputs = 64
        for channels, stride in STAGES:
            blocks += [ResidualBlock(inputs, channels, stride), ResidualBlock(channels, channels, 1)]
            inputs = channels
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(inputs, CLASSES)

    def forward(self, signal: Tensor) -> Tensor:
        """Return the logits float32 [B, 11]."""
        pooled = nn.functional.adaptive_avg_pool1d(self.blocks(self.stem(signal)), 1)
        logits: Tensor = self.head(pooled.flatten(1))
        return logits


def make_reference_network(seed: int = 0) -> ReferenceNetwork:
    """Return the network with random weights, ready to run."""
    torch.manual_seed(seed)
    return ReferenceNetwork().eval()


def export_reference_network(network: ReferenceNetwork, path: Path) -> Path:
    """Export the network in float32 for any batch, as its project does, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    model = traced(network, torch.zeros(2, 1, WINDOW), ("logits",), dynamic=(0,))
    path.write_bytes(model.SerializeToString())
    return path


def _projection(inputs: int, channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(inputs, channels, 1, stride, bias=False), nn.BatchNorm1d(channels))
