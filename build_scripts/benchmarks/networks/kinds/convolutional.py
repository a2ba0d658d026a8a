"""Convolutional networks without a shortcut: pooled, flattened, wide first kernel, branches, several heads.

All take signal float32 [B, 2, 2048] and give logits float32 [B, 4]; `width` scales the channels.
"""

import torch
from torch import Tensor, nn


def block(channels: int, width: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A convolution that keeps the length but for its stride, with batch normalisation and ReLU."""
    padding = dilation * (kernel - 1) // 2
    convolution = nn.Conv1d(channels, width, kernel, stride, padding, dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm1d(width), nn.ReLU())


class PooledCNN(nn.Module):
    """Adaptive pooling to seven steps, which divide no length of the signal: it runs at one length alone."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.features = nn.Sequential(
            block(2, width, 25, 4), nn.MaxPool1d(2), block(width, 2 * width, 9, 2), block(2 * width, 2 * width, 5)
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool1d(7),
            nn.Flatten(),
            nn.Linear(14 * width, 64),
            nn.LeakyReLU(),
            nn.Dropout(0.2),
            nn.Linear(64, 4),
        )

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.head(self.features(signal))
        return logits


class FlattenedCNN(nn.Module):
    """The whole length flattened into the head, and an assertion of the length, as published code has it."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(block(2, width, 33, 8), block(width, width, 9, 4), block(width, width, 5, 2))
        self.head = nn.Linear(32 * width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        assert signal.shape[2] == 2048, f"needs 2048 samples, got {signal.shape[2]}"  # noqa: S101 - as its kind does
        logits: Tensor = self.head(torch.flatten(self.features(signal), 1))
        return logits


class WideKernelCNN(nn.Module):
    """A wide first kernel, four small ones with max pooling, two linear layers.

    Source: Zhang et al., "A New Deep Learning Model for Fault Diagnosis with Good Anti-Noise and Domain Adaptation
    Ability on Raw Vibration Signals" (WDCNN), Sensors 2017.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        stages: list[nn.Module] = [block(2, width, 65, 8), nn.MaxPool1d(2)]
        for channels in (width, 2 * width, 2 * width, 2 * width):
            stages += [block(channels, 2 * width, 3), nn.MaxPool1d(2)]
        self.features = nn.Sequential(*stages)
        self.dense = nn.Sequential(nn.Linear(16 * width, 100), nn.BatchNorm1d(100), nn.ReLU())
        self.classifier = nn.Linear(100, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.classifier(self.dense(self.features(signal).flatten(1)))
        return logits


class DilatedBranches(nn.Module):
    """Branches of growing dilation beside each other, joined by a convolution of one sample."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.stem = block(2, width, 17, 4)
        self.branches = nn.ModuleList(block(width, width, 7, dilation=dilation) for dilation in (1, 3, 9))
        self.mix = block(3 * width, 2 * width, 1, 2)
        self.head = nn.Linear(2 * width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        stem = self.stem(signal)
        joined = torch.cat([branch(stem) for branch in self.branches], dim=1)
        logits: Tensor = self.head(self.mix(joined).mean(dim=2))
        return logits


class InceptionCNN(nn.Module):
    """Kernels of several lengths beside a max pooling of stride 1, twice."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.stem = block(2, width, 9, 8)
        self.first, self.second = InceptionBlock(width, width), InceptionBlock(4 * width, width)
        self.head = nn.Linear(4 * width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.head(self.second(self.first(self.stem(signal))).mean(dim=2))
        return logits


class InceptionBlock(nn.Module):
    """Three kernels and a pooled branch, joined and normalised: [B, channels, T] to [B, 4 * width, T]."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.kernels = nn.ModuleList(
            nn.Conv1d(channels, width, kernel, padding="same", bias=False) for kernel in (5, 11, 23)
        )
        self.pooled = nn.Sequential(nn.MaxPool1d(3, 1, 1), nn.Conv1d(channels, width, 1, bias=False))
        self.norm = nn.BatchNorm1d(4 * width)

    def forward(self, signal: Tensor) -> Tensor:
        """Return the joined branches."""
        branches = [*(kernel(signal) for kernel in self.kernels), self.pooled(signal)]
        return torch.relu(self.norm(torch.cat(branches, dim=1)))


class SeveralHeads(nn.Module):
    """Heads for class, speed and wear in training; in evaluation the class alone, so its head is not the last layer."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.body = nn.Sequential(block(2, width, 33, 4), block(width, 2 * width, 9, 4), block(2 * width, 2 * width, 5))
        self.fault = nn.Linear(2 * width, 4)
        self.speed, self.wear = nn.Linear(2 * width, 1), nn.Linear(2 * width, 1)

    def forward(self, signal: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return logits, in training also speed and wear float32 [B, 1]."""
        features = self.body(signal).amax(dim=2)
        logits: Tensor = self.fault(features)
        return (logits, self.speed(features), self.wear(features)) if self.training else logits
