"""A network of plain PyTorch whose answer depends on the shaft speed: the file beside the recipe of a test."""

import torch
from torch import Tensor, nn


class OrderNetwork(nn.Module):
    """Levels in four bands of a window beside the shaft speed: which multiple of the speed the signal turns at."""

    def __init__(self) -> None:
        super().__init__()
        self.bands = nn.Conv1d(1, 8, 32, 4)
        self.hidden = nn.Linear(9, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, signal: Tensor, conditions: Tensor) -> Tensor:
        """Return logits float32 [B, 2] of windows float32 [B, 1, T] and shaft speeds in rpm float32 [B, 1]."""
        levels = torch.relu(self.bands(signal)).mean(dim=2)
        speed = conditions / 3000 - 1
        logits: Tensor = self.head(torch.relu(self.hidden(torch.cat([levels, speed], dim=1))))
        return logits
