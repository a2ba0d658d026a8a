"""An engine that runs a PyTorch network."""

from dataclasses import dataclass

import torch

from build_scripts.networks.novelty import ServedNetwork
from functions.core.models.engine import EngineOutput
from functions.core.preprocessing.arrays import Float32Array


@dataclass(frozen=True)
class TorchEngine:
    """Runs a network in evaluation mode as an engine runs a model file."""

    network: ServedNetwork

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        """Return logits float32 [B, K] and distances float32 [B] of windows float32 [B, C, T].

        This project's own networks take no conditions.
        """
        with torch.no_grad():
            logits, distance = self.network(torch.from_numpy(windows))
        return EngineOutput(logits.numpy(), distance.numpy())
