"""The network of any-bearing: the same small layers score the spectral lines of every fault in every band."""

import torch
from torch import Tensor, nn

from functions.core.bearings.features import FAULTS, LAYERS, PER_BAND, SHAFT_SPEED

LINE_WIDTH, BAND_WIDTH = 32, 16
USUAL_RPM = 1800.0
MEMBERS = 4


class FaultLineNetwork(nn.Module):
    """Features float32 [B, 3, 184] and conditions float32 [B, 5] to logits float32 [B, 4]: normal, then each fault.

    Normal is a learned constant: it is what is left where no line of a fault is seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines = nn.Sequential(
            nn.Linear(PER_BAND, LINE_WIDTH), nn.ReLU(), nn.Linear(LINE_WIDTH, BAND_WIDTH), nn.ReLU()
        )
        self.bands = nn.Sequential(nn.Linear(2 * BAND_WIDTH + 1, BAND_WIDTH), nn.ReLU(), nn.Linear(BAND_WIDTH, 1))
        self.normal = nn.Parameter(torch.zeros(1))

    def forward(self, signal: Tensor, conditions: Tensor) -> Tensor:
        """Return the logits float32 [B, 4]."""
        seen = self.lines(signal.reshape(-1, FAULTS, LAYERS, PER_BAND))
        speed = (conditions[:, SHAFT_SPEED : SHAFT_SPEED + 1] / USUAL_RPM).log().unsqueeze(1).expand(-1, FAULTS, -1)
        scores = self.bands(torch.cat([seen.mean(dim=2), seen.amax(dim=2), speed], dim=2)).squeeze(2)
        return torch.cat([self.normal.expand(len(scores), 1), scores], dim=1)


class FaultLineNetworks(nn.Module):
    """An ensemble of networks that were trained from different starts: the mean of their log-probabilities.

    One alone names a wrong fault several times as often on some starts as on others.
    """

    def __init__(self, members: int = MEMBERS) -> None:
        super().__init__()
        self.members = nn.ModuleList(FaultLineNetwork() for _ in range(members))

    def forward(self, signal: Tensor, conditions: Tensor) -> Tensor:
        """Return the logits float32 [B, 4]."""
        log_probabilities = [member(signal, conditions).log_softmax(dim=1) for member in self.members]
        return torch.stack(log_probabilities).mean(dim=0)
