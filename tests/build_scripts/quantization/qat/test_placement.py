import pytest
import torch
from torch import fx, nn

from build_scripts.errors import QuantizationError
from build_scripts.quantization.qat.fake_quantize import ActivationQuantizer, QuantizedLayer
from build_scripts.quantization.qat.placement import aware_network
from build_scripts.quantization.qat.prepare import AwareConfig
from tests.build_scripts.quantization.qat.networks import WINDOW, trained

EXAMPLE, CONFIG = torch.zeros(2, 1, WINDOW), AwareConfig()


def roundings(network: fx.GraphModule) -> list[tuple[str, str, bool]]:
    """The rounded values, the quantizer of each, and whether it observes it."""
    return [
        (node.args[0].name, str(node.target), bool(node.kwargs["observe"]))
        for node in network.graph.nodes
        if node.op == "call_module" and isinstance(network.get_submodule(str(node.target)), ActivationQuantizer)
    ]


def test_inputs_of_layers_and_results_of_convolutions_are_rounded_once() -> None:
    network = aware_network(trained("pooled"), EXAMPLE, CONFIG, free_length=True).network
    assert roundings(network) == [
        ("signal", "grid_0", True),
        ("relu", "grid_1", True),
        # Pooling keeps the grid of what it reads.
        ("max_pool1d", "grid_1", False),
        ("hardtanh", "grid_2", True),
        ("flatten", "grid_3", True),
        ("relu_1", "grid_4", True),
    ]


def test_a_layer_that_is_used_twice_trains_one_set_of_weights() -> None:
    layer = nn.Conv1d(1, 1, 3, padding=1)
    aware = aware_network(nn.Sequential(layer, nn.ReLU(), layer).eval(), EXAMPLE, CONFIG, free_length=True)
    assert sum(isinstance(one, QuantizedLayer) for one in aware.network.modules()) == 1
    assert aware.layers == ("0", "2")


def test_what_is_no_parameter_is_not_trained() -> None:
    network = aware_network(trained("linears"), EXAMPLE, CONFIG, free_length=False).network
    layers = [one for one in network.modules() if isinstance(one, QuantizedLayer)]
    assert [one.weight.requires_grad for one in layers] == [False, True, True]


def test_a_network_without_a_layer_and_other_bits_are_refused() -> None:
    small = nn.Sequential(nn.Flatten(), nn.Linear(WINDOW, 3)).eval()
    with pytest.raises(QuantizationError, match="no convolution and no large linear layer"):
        aware_network(small, EXAMPLE, CONFIG, free_length=False)
    with pytest.raises(QuantizationError, match="7 or 8 bits, not 4"):
        aware_network(trained("pooled"), EXAMPLE, AwareConfig(bits=4), free_length=True)
