"""Small networks of the kinds that people bring, and a task of three tones that all of them can learn."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from functions.core.preprocessing.arrays import Float32Array

WINDOW, CLASSES = 256, 3


class Pooled(nn.Sequential):
    """Convolutions, pooling, and a head of two linear layers."""

    def __init__(self) -> None:
        super().__init__(
            *(nn.Conv1d(1, 16, 15, 4, 7), nn.BatchNorm1d(16), nn.ReLU(), nn.MaxPool1d(2)),
            *(nn.Conv1d(16, 32, 5), nn.ReLU6(), nn.AdaptiveAvgPool1d(1), nn.Flatten()),
            *(nn.Linear(32, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, CLASSES)),
        )  # fmt: skip


class Residual(nn.Module):
    """Normalisation apart from its convolution, functional activations, a sum, and a convolution that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.first = nn.Conv1d(1, 16, 15, 4, 7), nn.BatchNorm1d(16)
        self.twice = nn.Conv1d(16, 16, 3, padding="same", bias=False)
        self.second, self.third = nn.BatchNorm1d(16), nn.BatchNorm1d(16)
        self.last, self.head = nn.Conv1d(16, 16, 1), nn.Linear(16, CLASSES)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits [B, K]."""
        start = torch.relu(self.first(self.stem(signal)))
        hidden = functional.relu(self.second(self.twice(start)))
        joined = functional.relu(start + self.third(self.twice(hidden)))
        logits: Tensor = self.head(torch.relu(self.last(joined)).mean(2))
        return logits


class Branches(nn.Module):
    """Dilated and depthwise branches, joined, weighed by squeeze and excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(1, 16, 15, 4, 7)
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv1d(16, 16, 5, padding=2 * d, dilation=d, groups=16), nn.GELU()) for d in (1, 2, 4)
        )
        self.squeeze, self.excite = nn.Linear(48, 24), nn.Linear(24, 48)
        self.mix, self.head = nn.Conv1d(48, 16, 1), nn.Linear(16, CLASSES)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits [B, K]."""
        hidden = torch.relu(self.stem(signal))
        joined = torch.cat([branch(hidden) for branch in self.branches], 1)
        weight = torch.sigmoid(self.excite(torch.relu(self.squeeze(joined.mean(2)))))
        logits: Tensor = self.head(torch.relu(self.mix(joined * weight[:, :, None])).amax(2))
        return logits


class Linears(nn.Module):
    """A product with a constant matrix, and linear layers alone."""

    turns: Tensor

    def __init__(self) -> None:
        super().__init__()
        time = torch.arange(WINDOW)[:, None] * torch.arange(1, 65)[None]
        self.register_buffer("turns", torch.cos(2 * torch.pi * time / WINDOW) / 16)
        self.layers = nn.Sequential(
            nn.Linear(64, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.Tanh()
        )
        self.head = nn.Linear(32, CLASSES)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits [B, K]."""
        logits: Tensor = self.head(self.layers((signal[:, 0] @ self.turns).abs()))
        return logits


class Recurrent(nn.Module):
    """A convolutional front and an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.front = nn.Sequential(nn.Conv1d(1, 16, 15, 8, 7), nn.BatchNorm1d(16), nn.ReLU(), nn.MaxPool1d(2))
        self.lstm, self.head = nn.LSTM(16, 16, batch_first=True), nn.Linear(16, CLASSES)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits [B, K]."""
        logits: Tensor = self.head(self.lstm(self.front(signal).transpose(1, 2))[0].mean(1))
        return logits


KINDS: Mapping[str, Callable[[], nn.Module]] = {
    "pooled": Pooled,
    "residual": Residual,
    "branches": Branches,
    "linears": Linears,
    "recurrent": Recurrent,
}


def trained(kind: str) -> nn.Module:
    """Return a network of a kind whose normalisation has seen the task, in evaluation mode."""
    torch.manual_seed(0)
    network = KINDS[kind]()
    with torch.no_grad():
        network.train()(torch.from_numpy(tones()[0]))
    return network.eval()


def tones() -> tuple[Float32Array, NDArray[np.int64]]:
    """Return windows float32 [96, 1, 256] of three tones in noise, and which one each has."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, CLASSES, 96)
    waves = np.sin(np.arange(WINDOW) * (0.1 + 0.2 * label[:, None])) + rng.normal(0.0, 0.3, (96, WINDOW))
    return waves.astype(np.float32)[:, None], label
