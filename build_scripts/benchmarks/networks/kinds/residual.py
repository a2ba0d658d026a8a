"""Networks with shortcuts: residual blocks with squeeze and excitation, and causal ones of growing dilation.

All take signal float32 [B, 2, 2048] and give logits float32 [B, 4]; `width` scales the channels.
"""

import torch
from torch import Tensor, nn


class SqueezedResNet(nn.Module):
    """Residual blocks, each weighted channel by channel.

    Source: Hu, Shen and Sun, "Squeeze-and-Excitation Networks", CVPR 2018.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(2, width, 31, 4, 15, bias=False), nn.BatchNorm1d(width), nn.ReLU(), nn.MaxPool1d(3, 2, 1)
        )
        self.stages = nn.Sequential(
            SqueezedBlock(width, width, 1), SqueezedBlock(width, 2 * width, 2), SqueezedBlock(2 * width, 4 * width, 2)
        )
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.fc = nn.Linear(4 * width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.fc(self.pool(self.stages(self.stem(signal))).squeeze(2))
        return logits


class SqueezedBlock(nn.Module):
    """Two convolutions and a gate for each channel, added to the block's input."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, width, 5, stride, 2, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, 1, 2, bias=False),
            nn.BatchNorm1d(width),
        )
        self.gate = nn.Sequential(nn.Linear(width, width // 4), nn.ReLU(), nn.Linear(width // 4, width), nn.Sigmoid())
        self.shortcut = nn.Sequential(nn.Conv1d(channels, width, 1, stride, bias=False), nn.BatchNorm1d(width))

    def forward(self, signal: Tensor) -> Tensor:
        """Return the gated sum."""
        body = self.body(signal)
        return torch.relu(body * self.gate(body.mean(dim=2)).unsqueeze(2) + self.shortcut(signal))


class CausalNet(nn.Module):
    """Causal convolutions of growing dilation with shortcuts; the last step is what the head reads.

    Source: Bai, Kolter and Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
    Sequence Modeling" (TCN), 2018.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.stem = nn.Conv1d(2, width, 16, 8)
        self.blocks = nn.Sequential(*(CausalBlock(width, 2**level) for level in range(6)))
        self.head = nn.Linear(width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.head(self.blocks(self.stem(signal))[:, :, -1])
        return logits


class CausalBlock(nn.Module):
    """Two convolutions padded on the left alone, added to the block's input."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.padding = 4 * dilation
        self.first = nn.Conv1d(width, width, 5, dilation=dilation)
        self.second = nn.Conv1d(width, width, 5, dilation=dilation)
        self.dropout = nn.Dropout(0.1)

    def forward(self, signal: Tensor) -> Tensor:
        """Return the sum."""
        hidden = signal
        for convolution in (self.first, self.second):
            padded = nn.functional.pad(hidden, (self.padding, 0))
            hidden = self.dropout(torch.relu(convolution(padded)))
        return torch.relu(hidden + signal)
