from dataclasses import replace

import pytest
import torch

from build_scripts.networks.network import BearingNetwork, NetworkConfig, Stage, normalised

SMALL = NetworkConfig(channels=2, classes=3, stages=(Stage(4, 5, 2), Stage(6, 3, 2, dilation=2)), pooled=(0, -1))


def test_shape_figures_follow_from_the_stages() -> None:
    assert SMALL.features == 2 * (4 + 6)
    # 50 outputs of 2 * 4 * 5, 25 outputs of 4 * 6 * 3
    assert SMALL.multiply_accumulates(100) == 50 * 40 + 25 * 72


@pytest.mark.parametrize("window", [64, 65, 100])
def test_lengths_are_those_of_the_stages_outputs(window: int) -> None:
    config = replace(SMALL, stages=(Stage(4, 6, 2), Stage(6, 3, 2, dilation=2), Stage(3, 4, 3)))
    hidden, lengths = torch.zeros(1, 2, 1, window), []
    for stage in BearingNetwork(config).stages:
        hidden = stage(hidden)
        lengths.append(hidden.shape[3])
    assert config.lengths(window) == tuple(lengths)


@pytest.mark.parametrize(("batch", "length"), [(1, 64), (3, 100), (2, 33)])
def test_any_batch_and_length_give_logits(batch: int, length: int) -> None:
    logits = BearingNetwork(SMALL).eval()(torch.zeros(batch, 2, length))
    assert logits.shape == (batch, 3)


def test_features_are_mean_and_maximum_of_each_pooled_stage() -> None:
    network = BearingNetwork(SMALL).eval()
    signal = torch.randn(2, 2, 64)
    first = network.stages[0](signal.unsqueeze(2))
    features = network.features(signal)
    assert features.shape == (2, 20)
    torch.testing.assert_close(features[:, :4], first.mean(dim=(2, 3)))
    torch.testing.assert_close(features[:, 4:8], first.amax(dim=(2, 3)))


def test_a_normalising_network_sees_shape_not_level() -> None:
    network = BearingNetwork(replace(SMALL, normalise=True)).eval()
    signal = torch.randn(2, 2, 64)
    torch.testing.assert_close(network(9.81 * signal + 3), network(signal), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(BearingNetwork(SMALL).eval()(9.81 * signal), BearingNetwork(SMALL).eval()(signal))


def test_a_centring_network_sees_level_not_offset() -> None:
    network = BearingNetwork(replace(SMALL, centre=True)).eval()
    signal = torch.randn(2, 2, 64)
    torch.testing.assert_close(network(signal + 3), network(signal), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(network(2 * signal), network(signal))


def test_normalised_windows_have_no_mean_and_an_rms_of_one() -> None:
    windows = normalised(5 + 0.01 * torch.randn(3, 2, 1000))
    torch.testing.assert_close(windows.mean(dim=2), torch.zeros(3, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(windows.square().mean(dim=2), torch.ones(3, 2), atol=1e-4, rtol=0)


@pytest.mark.parametrize("level", [0.0, 1.0, -3.3e4])
def test_silence_stays_finite(level: float) -> None:
    assert normalised(torch.full((1, 1, 4096), level)).abs().max() <= 1
