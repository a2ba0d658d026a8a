"""Networks with attention: a Transformer on patches, and a convolutional one that pools by attention.

All take signal float32 [B, 2, 2048] and give logits float32 [B, 4]; `width` scales the features.
"""

import torch
from torch import Tensor, nn


class PatchTransformer(nn.Module):
    """Patches by a convolution, a class token, learned positions, encoder layers with GELU and pre-norm.

    Source: Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021.
    """

    def __init__(self, width: int = 96) -> None:
        super().__init__()
        self.patch = nn.Conv1d(2, width, 64, 64)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.randn(1, 33, width) / 50)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.1, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        steps = self.patch(signal).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(signal), -1, -1), steps], dim=1) + self.position
        logits: Tensor = self.head(self.norm(self.encoder(tokens)[:, 0]))
        return logits


class AttentionCNN(nn.Module):
    """A convolutional front whose steps are weighted by multi-head attention, and a wide head."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.front = nn.Sequential(
            nn.Conv1d(2, width, 33, 8, 16),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 9, 4, 4),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        )
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.head = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Dropout(0.2), nn.Linear(4 * width, 4))

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        steps = self.front(signal).transpose(1, 2)
        weighted, _ = self.attention(steps, steps, steps, need_weights=False)
        logits: Tensor = self.head((steps + weighted).mean(dim=1))
        return logits
