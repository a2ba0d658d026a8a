"""The compact network: strided convolutions of height 1, pooled twice, one linear layer.

A one-dimensional convolution written as a two-dimensional one of height 1 meets the fast kernels of
onnxruntime, which skip the 1-D operator. Every stage is convolution, batch normalisation and ReLU, so
that all of the work folds into integer convolutions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

SMALLEST_RMS = 1e-6


@dataclass(frozen=True)
class Stage:
    """One convolution: output channels, kernel length, stride and dilation in samples of its input."""

    channels: int
    kernel: int
    stride: int
    dilation: int = 1

    @property
    def span(self) -> int:
        """Distance between the first and the last tap, in samples of its input."""
        return (self.kernel - 1) * self.dilation


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a network: input channels, classes, stages in order, stages that are pooled.

    normalise: the network itself takes the mean off each channel of a window and divides by its RMS; centre: it takes
    the mean off and leaves the level.
    """

    channels: int
    classes: int
    stages: tuple[Stage, ...]
    pooled: tuple[int, ...] = (-1,)
    normalise: bool = False
    centre: bool = False

    @property
    def features(self) -> int:
        """Length of the pooled feature vector: mean and maximum of every pooled stage."""
        return 2 * sum(self.stages[index].channels for index in self.pooled)

    def lengths(self, window: int) -> tuple[int, ...]:
        """Samples of each stage's output for one window of `window` samples."""
        found: list[int] = []
        for stage in self.stages:
            window = (window - stage.span % 2 - 1) // stage.stride + 1
            found.append(window)
        return tuple(found)

    def multiply_accumulates(self, window: int) -> int:
        """Multiply-accumulates of the convolutions for one window of `window` samples."""
        total, channels = 0, self.channels
        for stage, length in zip(self.stages, self.lengths(window), strict=True):
            total += length * channels * stage.channels * stage.kernel
            channels = stage.channels
        return total


class BearingNetwork(nn.Module):
    """Windows float32 [B, C, T] in g to logits float32 [B, K]; T is free."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        inputs = (config.channels, *(stage.channels for stage in config.stages))
        self.stages = nn.ModuleList(_block(count, stage) for count, stage in zip(inputs, config.stages, strict=False))
        self.head = nn.Linear(config.features, config.classes)

    def features(self, signal: Tensor) -> Tensor:
        """Pool the stages: float32 [B, F], mean and maximum of each pooled stage."""
        activations: list[Tensor] = []
        hidden = self._prepared(signal).unsqueeze(2)
        for stage in self.stages:
            hidden = stage(hidden)
            activations.append(hidden)
        return torch.cat([_pooled(activations[index]) for index in self.config.pooled], dim=1)

    def _prepared(self, signal: Tensor) -> Tensor:
        if self.config.normalise:
            return normalised(signal)
        return centred(signal) if self.config.centre else signal

    def forward(self, signal: Tensor) -> Tensor:
        """Return the logits float32 [B, K]."""
        logits: Tensor = self.head(self.features(signal))
        return logits


def centred(signal: Tensor) -> Tensor:
    """Take the mean off each channel of windows float32 [B, C, T]: the offset of a sensor carries no information."""
    return signal - signal.mean(dim=2, keepdim=True)


def normalised(signal: Tensor) -> Tensor:
    """Take the mean off each channel of windows float32 [B, C, T] and divide by its RMS: shape, not level.

    An RMS below 1e-6 counts as 1e-6: silence, and the rounding of a constant, stay finite.
    """
    varying = centred(signal)
    return varying / (varying * varying).mean(dim=2, keepdim=True).sqrt().clamp(min=SMALLEST_RMS)


def _block(inputs: int, stage: Stage) -> nn.Module:
    convolution = nn.Conv2d(
        inputs,
        stage.channels,
        (1, stage.kernel),
        stride=(1, stage.stride),
        padding=(0, stage.span // 2),
        dilation=(1, stage.dilation),
        bias=False,
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(stage.channels), nn.ReLU())


def _pooled(hidden: Tensor) -> Tensor:
    mean = nn.functional.adaptive_avg_pool2d(hidden, 1).flatten(1)
    return torch.cat([mean, hidden.amax(dim=(2, 3))], dim=1)
