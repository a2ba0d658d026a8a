"""A network of linear layers alone, on a spectrum that it makes itself.

It takes signal float32 [B, 2, 2048] and gives logits float32 [B, 4].
"""

import torch
from torch import Tensor, nn

SAMPLES, LINES = 2048, 384


class SpectrumMLP(nn.Module):
    """Log power of the lowest 384 lines of both channels by two fixed matrices, then linear layers."""

    cosines: Tensor
    sines: Tensor

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        turns = torch.outer(torch.arange(SAMPLES), torch.arange(1, LINES + 1)) % SAMPLES * (2 * torch.pi / SAMPLES)
        self.register_buffer("cosines", turns.cos() / SAMPLES**0.5)
        self.register_buffer("sines", turns.sin() / SAMPLES**0.5)
        self.layers = nn.Sequential(
            nn.Linear(2 * LINES, width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, width), nn.Tanh()
        )
        self.head = nn.Linear(width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        power = (signal @ self.cosines).square() + (signal @ self.sines).square()
        logits: Tensor = self.head(self.layers(torch.log1p(10 * power).flatten(1)))
        return logits
