from dataclasses import replace

import pytest
import torch

from build_scripts.errors import PruningError
from build_scripts.networks.checkpoint import Checkpoint, restore_network
from build_scripts.pruning.kinds import Structured
from build_scripts.pruning.structured import channel_scores, kept_features, narrowed, remaining, remove_channels
from build_scripts.training.foreign_signals import KINDS
from tests.build_scripts.pruning.conftest import NETWORK, WINDOW

DEAD = ((0, 5, 15), (1, 2, 23), (7,))


def with_dead_channels(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with channels whose weights, scale and shift are zero: they give zero whatever comes."""
    weights = {name: tensor.clone() for name, tensor in checkpoint.weights.items()}
    for stage, dead in enumerate(DEAD):
        for name in (f"stages.{stage}.0.weight", f"stages.{stage}.1.weight", f"stages.{stage}.1.bias"):
            weights[name][list(dead)] = 0.0
    return replace(checkpoint, weights=weights)


def alive() -> list[torch.Tensor]:
    return [
        torch.tensor([channel for channel in range(stage.channels) if channel not in dead])
        for stage, dead in zip(NETWORK.stages, DEAD, strict=True)
    ]


def test_a_network_without_its_dead_channels_says_the_same(checkpoint: Checkpoint) -> None:
    given = with_dead_channels(checkpoint)
    small = narrowed(given, alive())
    signal = torch.randn(4, 1, WINDOW)
    with torch.no_grad():
        for measured, expected in zip(restore_network(small)(signal), restore_network(given)(signal), strict=True):
            torch.testing.assert_close(measured, expected, rtol=1e-6, atol=1e-6)
    assert [stage.channels for stage in small.network.stages] == [13, 21, 15]


def test_dead_channels_go_first(checkpoint: Checkpoint) -> None:
    small = remove_channels(with_dead_channels(checkpoint), Structured(0.12, multiple=1))
    assert [stage.channels for stage in small.network.stages] == [14, 21, 14]
    assert not any((score == 0).any() for score in channel_scores(small, norm=2)[1:])
    assert int((channel_scores(small, norm=2)[0] == 0).sum()) == len(DEAD[0]) - 2


def test_all_channels_kept_change_nothing(checkpoint: Checkpoint) -> None:
    same = narrowed(checkpoint, [torch.arange(stage.channels) for stage in NETWORK.stages])
    assert same.network == checkpoint.network
    for name, weights in checkpoint.weights.items():
        assert same.weights[name].equal(weights)
    assert (same.novelty.projection == checkpoint.novelty.projection).all()


@pytest.mark.parametrize(
    ("channels", "share", "multiple", "left"),
    [
        (24, 0.25, 8, 16),
        (24, 0.25, 1, 18),
        (48, 0.25, 8, 40),  # 36 lies between 32 and 40: the higher
        (64, 0.25, 16, 48),
        (64, 0.99, 16, 16),
        (24, 0.99, 1, 4),
        (24, 0.1, 8, 24),
        (3, 0.9, 8, 3),
    ],
)
def test_what_is_left_of_a_stage(channels: int, share: float, multiple: int, left: int) -> None:
    assert remaining(channels, Structured(share, multiple=multiple)) == left


@pytest.mark.parametrize("norm", [1, 2])
def test_a_channel_counts_the_norm_of_its_weights_times_its_scale(checkpoint: Checkpoint, norm: int) -> None:
    convolution, scale = checkpoint.weights["stages.1.0.weight"], checkpoint.weights["stages.1.1.weight"]
    channel = convolution[4].abs().flatten()
    expected = (channel.sum() if norm == 1 else channel.square().sum().sqrt()) * scale[4].abs()
    torch.testing.assert_close(channel_scores(checkpoint, norm)[1][4], expected)


def test_the_largest_channels_stay_in_their_order(checkpoint: Checkpoint) -> None:
    small = remove_channels(checkpoint, Structured(0.5))
    largest = channel_scores(checkpoint, norm=2)[0].topk(8).indices.sort().values
    assert small.weights["stages.0.0.weight"].equal(checkpoint.weights["stages.0.0.weight"][largest])
    assert small.weights["stages.0.1.running_var"].equal(checkpoint.weights["stages.0.1.running_var"][largest])
    assert small.weights["stages.1.0.weight"].shape == (16, 8, 1, 9)  # 12 lies between 8 and 16
    assert small.weights["head.weight"].shape == (3, 2 * (16 + 8))
    assert small.novelty.projection.shape == (2 * (16 + 8), 2 + len(KINDS))
    assert small.network.features == 48


def test_kept_features_are_mean_and_maximum_of_pooled_stages() -> None:
    kept = [torch.tensor([0]), torch.tensor([1, 3]), torch.tensor([0, 15])]
    assert kept_features(NETWORK, kept).tolist() == [1, 3, 25, 27, 48, 63, 64, 79]


def test_a_share_that_takes_no_channel_is_refused(checkpoint: Checkpoint) -> None:
    with pytest.raises(PruningError, match=r"share of 0.05 takes no channel from stages of \[16, 24, 16\]"):
        remove_channels(checkpoint, Structured(0.05))
