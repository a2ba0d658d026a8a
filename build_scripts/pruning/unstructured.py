"""Unstructured pruning: the smallest weights of all layers become zero, and stay zero while the others learn.

Source: Han et al., "Learning both Weights and Connections for Efficient Neural Networks", NeurIPS 2015; one
threshold for all layers.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from build_scripts.errors import PruningError
from build_scripts.networks.checkpoint import Checkpoint
from build_scripts.pruning.kinds import Unstructured, layer_names

Masks = Mapping[str, Tensor]


class Masked(nn.Module):
    """Gives a weight with zeros where its mask, bool of the same shape, is False: they learn nothing."""

    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight: Tensor) -> Tensor:
        """Return float32 of the weight's shape."""
        return torch.where(self.mask, weight, 0.0)


def largest_weights(checkpoint: Checkpoint, pruning: Unstructured) -> dict[str, Tensor]:
    """Return each layer's mask, bool of its weight's shape: False for the smallest weights of all layers together.

    Raises:
        PruningError: the share rounds to no weight, or a layer would keep none.
    """
    weights = {name: checkpoint.weights[f"{name}.weight"] for name in layer_names(checkpoint.network)}
    magnitudes = torch.cat([weight.abs().flatten() for weight in weights.values()])
    count = round(pruning.share * len(magnitudes))
    if not count:
        raise PruningError(f"A share of {pruning.share:g} of {len(magnitudes)} weights is less than one.")
    mask = torch.ones(len(magnitudes), dtype=torch.bool)
    mask[magnitudes.argsort(stable=True)[:count]] = False
    parts = torch.split(mask, [weight.numel() for weight in weights.values()])
    masks = {name: part.view(weight.shape) for (name, weight), part in zip(weights.items(), parts, strict=True)}
    if emptied := [name for name, part in masks.items() if not part.any()]:
        raise PruningError(f"A share of {pruning.share:g} leaves no weight in {', '.join(emptied)}.")
    return masks


def zeroed(checkpoint: Checkpoint, masks: Masks) -> Checkpoint:
    """Return a checkpoint whose weights are zero where the masks are False."""
    pruned = {
        f"{name}.weight": torch.where(mask, checkpoint.weights[f"{name}.weight"], 0.0) for name, mask in masks.items()
    }
    return replace(checkpoint, weights=checkpoint.weights | pruned)


def hold(network: nn.Module, masks: Masks) -> None:
    """Hold weights of a network at zero, in training too, until `release`."""
    for name, mask in masks.items():
        parametrize.register_parametrization(network.get_submodule(name), "weight", Masked(mask))


def release(network: nn.Module, masks: Masks) -> None:
    """Make the zeros of `hold` part of the weights: an ordinary network again."""
    for name in masks:
        parametrize.remove_parametrizations(network.get_submodule(name), "weight", leave_parametrized=True)
