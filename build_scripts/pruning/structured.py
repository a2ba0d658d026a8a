"""Structured pruning: whole output channels go, and a smaller network of the same kind is left.

Every stage loses the same share of its channels, those of the least `norm(weights) * |scale|`, where the
scale is that of the batch normalisation: after it a channel's deviation is its scale, whatever its
weights. Folding the running deviation in as well (the weights as they run) was tried and left out: at a
share of 0.25 the journal-bearing network then had 77 % of windows right before fine-tuning, not 94 %.

Source: the norm and the equal share, Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017; the
scale, Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", ICCV 2017.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from build_scripts.errors import PruningError
from build_scripts.networks.checkpoint import Checkpoint
from build_scripts.networks.network import NetworkConfig
from build_scripts.pruning.kinds import HEAD, Structured, convolution, normalisation

MIN_CHANNELS = 4
PER_CHANNEL = ("weight", "bias", "running_mean", "running_var")


def remove_channels(checkpoint: Checkpoint, pruning: Structured) -> Checkpoint:
    """Return a checkpoint without the least channels of every stage.

    Raises:
        PruningError: after rounding, no stage has a channel to lose.
    """
    counts = [remaining(stage.channels, pruning) for stage in checkpoint.network.stages]
    if counts == [stage.channels for stage in checkpoint.network.stages]:
        raise PruningError(
            f"A share of {pruning.share:g} takes no channel from stages of {counts}: at least {MIN_CHANNELS} stay, "
            f"in multiples of {pruning.multiple}. Choose a larger share or a smaller multiple."
        )
    scores = channel_scores(checkpoint, pruning.norm)
    kept = [score.argsort(descending=True, stable=True)[:count] for score, count in zip(scores, counts, strict=True)]
    return narrowed(checkpoint, [channels.sort().values for channels in kept])


def remaining(channels: int, pruning: Structured) -> int:
    """Return how many of a stage's channels stay: the nearest multiple, of two equally near ones the higher."""
    nearest = math.floor(channels * (1.0 - pruning.share) / pruning.multiple + 0.5) * pruning.multiple
    return min(channels, max(nearest, pruning.multiple, MIN_CHANNELS))


def channel_scores(checkpoint: Checkpoint, norm: int) -> list[Tensor]:
    """Return the score of each channel of each stage, float32 [channels]: norm of its weights times its scale."""
    weights, stages = checkpoint.weights, range(len(checkpoint.network.stages))
    norms = [torch.linalg.vector_norm(weights[f"{convolution(stage)}.weight"], norm, (1, 2, 3)) for stage in stages]
    return [one * weights[f"{normalisation(stage)}.weight"].abs() for stage, one in zip(stages, norms, strict=True)]


def narrowed(checkpoint: Checkpoint, kept: Sequence[Tensor]) -> Checkpoint:
    """Return a checkpoint of the channels int64 [count] that are kept of each stage, in ascending order.

    What reads a channel goes with it: inputs of the next stage, columns of the head, rows of the novelty projection.
    """
    weights = dict(checkpoint.weights)
    inputs = torch.arange(checkpoint.network.channels)
    for stage, channels in enumerate(kept):
        name = f"{convolution(stage)}.weight"
        weights[name] = weights[name][channels][:, inputs].contiguous()
        for name in (f"{normalisation(stage)}.{part}" for part in PER_CHANNEL):
            weights[name] = weights[name][channels]
        inputs = channels
    features = kept_features(checkpoint.network, kept)
    weights[f"{HEAD}.weight"] = weights[f"{HEAD}.weight"][:, features].contiguous()
    stages = zip(checkpoint.network.stages, kept, strict=True)
    return replace(
        checkpoint,
        network=replace(
            checkpoint.network, stages=tuple(replace(stage, channels=len(channels)) for stage, channels in stages)
        ),
        weights=weights,
        novelty=replace(
            checkpoint.novelty, projection=np.ascontiguousarray(checkpoint.novelty.projection[features.numpy()])
        ),
    )


def kept_features(network: NetworkConfig, kept: Sequence[Tensor]) -> Tensor:
    """Return the indices int64 of the pooled features that the kept channels give: mean and maximum of each."""
    indices, start = [], 0
    for stage in network.pooled:
        for _ in ("mean", "maximum"):
            indices.append(start + kept[stage])
            start += network.stages[stage].channels
    return torch.cat(indices)
