"""One small network in the forms of answers that libraries give: a mapping, a dataclass, probabilities.

All take signal float32 [B, 2, 2048]; logits are float32 [B, 4]; `width` scales the channels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


class Body(nn.Module):
    """Two convolutions with mean over time: signal to features float32 [B, 2 * width]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv1d(2, width, 33, 4, 16), nn.Conv1d(width, 2 * width, 9, 4, 4)
        self.norm = nn.GroupNorm(4, 2 * width)

    def forward(self, signal: Tensor) -> Tensor:
        """Return features."""
        return torch.relu(self.norm(self.second(torch.relu(self.first(signal))))).mean(dim=2)


class NamedAnswers(nn.Module):
    """A mapping of features, logits and a health index, as multi-task networks give it."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.body, self.head, self.health = Body(width), nn.Linear(2 * width, 4), nn.Linear(2 * width, 1)

    def forward(self, signal: Tensor) -> dict[str, Tensor]:
        """Return all answers by name."""
        features = self.body(signal)
        return {"features": features, "logits": self.head(features), "health": self.health(features)}


@dataclass
class ModelOutput:
    """An answer as the libraries of large models return it."""

    logits: Tensor
    hidden: Tensor


class DataclassAnswer(nn.Module):
    """An object with fields in place of a tensor."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.body, self.head = Body(width), nn.Linear(2 * width, 4)

    def forward(self, signal: Tensor) -> ModelOutput:
        """Return logits beside the features."""
        features = self.body(signal)
        return ModelOutput(self.head(features), features)


class Probabilities(nn.Module):
    """A softmax at the end: what comes out sums to one."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.body, self.head = Body(width), nn.Linear(2 * width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return probabilities float32 [B, 4]."""
        return torch.softmax(self.head(self.body(signal)), dim=1)
