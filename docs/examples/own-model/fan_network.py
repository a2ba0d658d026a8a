"""A network of one's own: two accelerometers of a fan, four conditions; plain PyTorch, nothing of this project."""

import torch
from torch import Tensor, nn


class FanNetwork(nn.Module):
    """Windows float32 [B, 2, T] in m/s^2 to logits float32 [B, 4]."""

    def __init__(self, width: int = 16, classes: int = 4) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(2, width, 31, 4, 15),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, 2 * width, 9, 4, 4),
            nn.BatchNorm1d(2 * width),
            nn.ReLU(),
            nn.Conv1d(2 * width, 4 * width, 9, 4, 4),
            nn.BatchNorm1d(4 * width),
            nn.ReLU(),
            nn.Conv1d(4 * width, 4 * width, 5, 1, 2),
            nn.BatchNorm1d(4 * width),
            nn.ReLU(),
        )
        self.head = nn.Linear(4 * width, classes)

    def forward(self, signal: Tensor) -> Tensor:
        """Return the logits."""
        pooled = nn.functional.adaptive_avg_pool1d(self.body(signal), 1)
        logits: Tensor = self.head(torch.flatten(pooled, 1))
        return logits
