"""The cost of a network: parameters, zeros, multiply-accumulates, and sizes of its files."""

import gzip
from dataclasses import dataclass
from pathlib import Path

from build_scripts.networks.checkpoint import Checkpoint
from build_scripts.networks.network import BearingNetwork
from build_scripts.pruning.kinds import layer_names


@dataclass(frozen=True)
class LayerStatistics:
    """A layer's output channels, weights, those that are not zero, and how often a window meets each."""

    channels: int
    weights: int
    nonzero_weights: int
    positions: int

    @property
    def sparsity(self) -> float:
        """Share of the weights that are zero."""
        return 1.0 - self.nonzero_weights / self.weights

    @property
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates of one window, zeros included."""
        return self.positions * self.weights


@dataclass(frozen=True)
class NetworkStatistics:
    """Learnt parameters, those that are not zero, and the layers by name."""

    parameters: int
    nonzero_parameters: int
    layers: dict[str, LayerStatistics]

    @property
    def sparsity(self) -> float:
        """Share of all layers' weights that are zero."""
        layers = self.layers.values()
        return 1.0 - sum(layer.nonzero_weights for layer in layers) / sum(layer.weights for layer in layers)

    @property
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates of one window in all layers, zeros included."""
        return sum(layer.multiply_accumulates for layer in self.layers.values())

    @property
    def nonzero_share(self) -> float:
        """Share of the multiply-accumulates that meet a weight that is not zero."""
        met = sum(layer.positions * layer.nonzero_weights for layer in self.layers.values())
        return met / self.multiply_accumulates

    def as_json(self) -> dict[str, object]:
        """Return the figures as one JSON object."""
        return {
            "parameters": self.parameters,
            "nonzero_parameters": self.nonzero_parameters,
            "sparsity": self.sparsity,
            "multiply_accumulates": self.multiply_accumulates,
            "nonzero_multiply_accumulate_share": self.nonzero_share,
            "layers": {name: _layer_json(layer) for name, layer in self.layers.items()},
        }


@dataclass(frozen=True)
class FileSize:
    """Bytes of a file, as it lies and compressed by gzip."""

    size_bytes: int
    gzip_bytes: int


def network_statistics(checkpoint: Checkpoint) -> NetworkStatistics:
    """Count parameters and the multiply-accumulates of one window of a checkpoint's network."""
    network, weights = checkpoint.network, checkpoint.weights
    learnt = [weights[name] for name, _ in BearingNetwork(network).named_parameters()]
    positions = (*network.lengths(checkpoint.description.window), 1)
    layers = {}
    for name, length in zip(layer_names(network), positions, strict=True):
        weight = weights[f"{name}.weight"]
        layers[name] = LayerStatistics(len(weight), weight.numel(), int(weight.count_nonzero()), length)
    nonzero = sum(int(tensor.count_nonzero()) for tensor in learnt)
    return NetworkStatistics(sum(tensor.numel() for tensor in learnt), nonzero, layers)


def file_size(path: Path) -> FileSize:
    """Measure a file."""
    content = path.read_bytes()
    return FileSize(len(content), len(gzip.compress(content)))


def _layer_json(layer: LayerStatistics) -> dict[str, object]:
    return {
        "channels": layer.channels,
        "weights": layer.weights,
        "sparsity": layer.sparsity,
        "multiply_accumulates": layer.multiply_accumulates,
    }
