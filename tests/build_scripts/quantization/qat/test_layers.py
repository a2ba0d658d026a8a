import torch
from torch import nn
from torch.nn import functional

from build_scripts.quantization.qat.graph import operator_graph
from build_scripts.quantization.qat.layers import found_layers
from tests.build_scripts.quantization.qat.networks import WINDOW, trained

EXAMPLE = torch.zeros(2, 1, WINDOW)


def test_batch_normalisation_is_folded_into_the_layer_before_it() -> None:
    network = trained("residual")
    stem, *_ = found_layers(operator_graph(network, EXAMPLE, free_length=True))
    windows = torch.randn(3, 1, WINDOW)
    with torch.no_grad():
        wanted = network.first(network.stem(windows))  # type: ignore[operator]
        got = functional.conv1d(windows, stem.weight, stem.bias, 4, 7)
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_a_linear_layer_without_a_bias_gets_that_of_its_normalisation() -> None:
    network = trained("linears")
    product, first, second = found_layers(operator_graph(network, EXAMPLE, free_length=False))
    assert (product.weight.shape, product.bias, product.folded) == ((64, WINDOW), None, None)
    assert first.folded is not None
    assert first.bias is not None
    hidden = torch.randn(3, 64)
    with torch.no_grad():
        wanted = network.layers[1](network.layers[0](hidden))  # type: ignore[index,operator]
        torch.testing.assert_close(functional.linear(hidden, first.weight, first.bias), wanted, rtol=1e-4, atol=1e-5)
    assert (second.folded, second.weight.shape) == (None, (32, 64))


def test_normalisation_that_something_else_reads_too_or_of_tokens_is_not_folded() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.norm = nn.Conv1d(1, 4, 3, padding=1), nn.BatchNorm1d(4)

        def forward(self, signal: torch.Tensor) -> torch.Tensor:
            hidden = self.layer(signal)
            total: torch.Tensor = hidden + self.norm(hidden)
            return total

    tokens = nn.Sequential(nn.Unflatten(2, (16, 16)), nn.Flatten(1, 2), nn.Linear(16, 64), nn.BatchNorm1d(16))
    for network in (Shared(), tokens):
        (layer,) = found_layers(operator_graph(network.eval(), EXAMPLE, free_length=False))
        assert layer.folded is None


def test_uses_of_one_layer_have_one_key_unless_different_normalisations_follow() -> None:
    layer = nn.Conv1d(1, 1, 3, padding=1)
    same = nn.Sequential(layer, nn.ReLU(), layer).eval()
    keys = {one.key for one in found_layers(operator_graph(same, EXAMPLE, free_length=True))}
    assert len(keys) == 1
    other = [one.key for one in found_layers(operator_graph(trained("residual"), EXAMPLE, free_length=True))]
    assert len(other) == len(set(other)) == 4
