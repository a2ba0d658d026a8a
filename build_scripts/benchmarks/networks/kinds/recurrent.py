"""Networks that read the signal step by step: LSTM behind convolutions, LSTM and GRU on patches.

All take signal float32 [B, 2, 2048] and give logits float32 [B, 4]; `width` scales the units.
"""

from torch import Tensor, nn

PATCH = 32


def patches(signal: Tensor) -> Tensor:
    """Cut signal float32 [B, 2, T] into steps of 32 samples of both channels, float32 [B, T / 32, 64]."""
    return signal.reshape(signal.shape[0], 2, -1, PATCH).transpose(1, 2).flatten(2)


class ConvolutionalLSTM(nn.Module):
    """A convolutional front and a bidirectional LSTM; the last state of both directions is what the head reads."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.front = nn.Sequential(
            nn.Conv1d(2, width, 17, 8, 8), nn.BatchNorm1d(width), nn.ReLU(), nn.MaxPool1d(4), nn.Dropout(0.1)
        )
        self.lstm = nn.LSTM(width, width, 1, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        steps, _ = self.lstm(self.front(signal).permute(0, 2, 1))
        logits: Tensor = self.head(steps.amax(dim=1))
        return logits


class PatchLSTM(nn.Module):
    """Patches into two layers of LSTM, mean over the steps: there is no convolution in it."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.lstm = nn.LSTM(2 * PATCH, width, 2, batch_first=True, dropout=0.1)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4))

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        steps, _ = self.lstm(patches(signal))
        logits: Tensor = self.head(steps.mean(dim=1))
        return logits


class PatchGRU(nn.Module):
    """Patches into a GRU, of which onnxruntime has no integer form."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.gru = nn.GRU(2 * PATCH, width, 1, batch_first=True)
        self.head = nn.Linear(width, 4)

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits."""
        steps, _ = self.gru(patches(signal))
        logits: Tensor = self.head(steps.mean(dim=1))
        return logits
