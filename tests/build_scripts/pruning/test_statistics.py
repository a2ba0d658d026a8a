import gzip
from pathlib import Path

import pytest
from torch import nn

from build_scripts.networks.checkpoint import Checkpoint, restore_network
from build_scripts.pruning.kinds import Structured, Unstructured
from build_scripts.pruning.statistics import file_size, network_statistics
from build_scripts.pruning.structured import remove_channels
from build_scripts.pruning.unstructured import largest_weights, zeroed
from tests.build_scripts.pruning.conftest import NETWORK, WINDOW

# Outputs of the stages for 256 samples: 64, 16, 8.
CONVOLUTIONS = (16 * 15, 24 * 16 * 9, 16 * 24 * 5)
HEAD = 3 * 2 * (24 + 16)


def test_counts_match_the_formulas(checkpoint: Checkpoint) -> None:
    figures = network_statistics(checkpoint)
    assert [layer.weights for layer in figures.layers.values()] == [*CONVOLUTIONS, HEAD]
    assert figures.parameters == sum(CONVOLUTIONS) + 2 * (16 + 24 + 16) + HEAD + 3
    assert figures.multiply_accumulates == 64 * 240 + 16 * 3456 + 8 * 1920 + HEAD
    assert figures.multiply_accumulates == NETWORK.multiply_accumulates(WINDOW) + HEAD
    assert (figures.sparsity, figures.nonzero_share) == (0.0, 1.0)
    assert figures.parameters == sum(tensor.numel() for tensor in restore_network(checkpoint).network.parameters())


def test_fewer_channels_are_fewer_parameters_and_operations(checkpoint: Checkpoint) -> None:
    figures = network_statistics(remove_channels(checkpoint, Structured(0.5)))
    assert [layer.channels for layer in figures.layers.values()] == [8, 16, 8, 3]
    head = 3 * 2 * (16 + 8)
    assert figures.multiply_accumulates == 64 * 8 * 15 + 16 * 16 * 8 * 9 + 8 * 8 * 16 * 5 + head
    assert figures.parameters == 8 * 15 + 16 * 8 * 9 + 8 * 16 * 5 + 2 * (8 + 16 + 8) + head + 3


def test_zeros_are_counted_by_layer_and_by_what_meets_them(checkpoint: Checkpoint) -> None:
    masks = largest_weights(checkpoint, Unstructured(0.5))
    figures = network_statistics(zeroed(checkpoint, masks))
    total = sum(CONVOLUTIONS) + HEAD
    assert figures.sparsity == pytest.approx(round(0.5 * total) / total)
    assert figures.parameters - figures.nonzero_parameters == round(0.5 * total)
    for name, layer in figures.layers.items():
        assert layer.sparsity == pytest.approx(1 - float(masks[name].float().mean()), abs=1e-6)
    met = [64, 16, 8, 1]
    expected = sum(count * int(mask.sum()) for count, mask in zip(met, masks.values(), strict=True))
    assert figures.nonzero_share == expected / figures.multiply_accumulates


def test_positions_are_what_a_window_gives(checkpoint: Checkpoint) -> None:
    layers = list(network_statistics(checkpoint).layers.values())
    assert [layer.positions for layer in layers] == [*NETWORK.lengths(WINDOW), 1] == [64, 16, 8, 1]
    assert isinstance(restore_network(checkpoint).network.head, nn.Linear)


def test_a_file_is_measured_as_it_is_and_compressed(tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(5000))
    size = file_size(path)
    assert (size.size_bytes, size.gzip_bytes) == (5000, len(gzip.compress(bytes(5000))))
    assert size.gzip_bytes < 100
