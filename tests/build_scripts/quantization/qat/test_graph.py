import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from build_scripts.errors import QuantizationError
from build_scripts.quantization.qat.graph import constant, is_learned, operator_graph
from tests.build_scripts.quantization.qat.networks import KINDS, WINDOW, trained

EXAMPLE = torch.zeros(2, 1, WINDOW)


class Patches(nn.Module):
    """Reads the length of the batch as Python does."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(16, 3)

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """Return two tensors."""
        tokens = signal.reshape(len(signal), -1, 16)
        return self.layer(tokens).mean(1), tokens


class Branching(nn.Module):
    """Decides by a value of its input."""

    def forward(self, signal: Tensor) -> Tensor:
        """Return the signal or its negative."""
        return signal if signal.sum() > 0 else -signal


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_computes_what_its_network_does(kind: str) -> None:
    network = trained(kind)
    windows = torch.randn(5, 1, WINDOW)
    graph = operator_graph(network, EXAMPLE, free_length=False)
    with torch.no_grad():
        torch.testing.assert_close(graph(windows), network(windows))


def test_a_batch_that_python_counts_stays_free() -> None:
    network = Patches().eval()
    logits, tokens = operator_graph(network, EXAMPLE, free_length=False)(torch.randn(7, 1, WINDOW))
    assert (logits.shape, tokens.shape) == ((7, 3), (7, 16, 16))


def test_a_network_that_cannot_be_traced_is_refused_with_the_reason() -> None:
    with pytest.raises(QuantizationError, match=r"traces a network by torch\.export, which fails: "):
        operator_graph(Branching(), EXAMPLE, free_length=False)


def test_constants_are_what_the_input_does_not_decide() -> None:
    layer = nn.Conv1d(1, 4, 3)
    graph = operator_graph(nn.Sequential(weight_norm(layer)).eval(), EXAMPLE, free_length=True)
    (convolution,) = [node for node in graph.graph.nodes if "conv1d" in str(node.target)]
    weight = constant(graph, convolution.args[1])
    assert weight is not None
    torch.testing.assert_close(weight, layer.weight.detach())
    assert is_learned(graph, convolution.args[1])
    assert constant(graph, convolution.args[0]) is None
    assert constant(graph, 3) is None


def test_a_buffer_is_not_learned() -> None:
    graph = operator_graph(trained("linears"), EXAMPLE, free_length=False)
    (product,) = [node for node in graph.graph.nodes if "matmul" in str(node.target)]
    assert not is_learned(graph, product.args[1])
