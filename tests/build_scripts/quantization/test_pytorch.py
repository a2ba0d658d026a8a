import pytest
import torch
from torch import nn

from build_scripts.errors import QuantizationError
from build_scripts.networks.network import BearingNetwork
from build_scripts.quantization.pytorch import quantize_linear_layers
from functions.core.preprocessing.arrays import Float32Array


def test_linear_layers_are_integer_and_the_network_is_left_alone(
    network: BearingNetwork, windows: Float32Array
) -> None:
    quantized = quantize_linear_layers(network)
    assert isinstance(quantized.head, torch.ao.nn.quantized.dynamic.Linear)
    assert type(network.head) is nn.Linear
    with torch.inference_mode():
        difference = quantized(torch.from_numpy(windows)) - network(torch.from_numpy(windows))
    assert 0 < float(difference.abs().max()) < 0.02


def test_a_network_without_linear_layers_is_refused() -> None:
    with pytest.raises(QuantizationError, match="no linear layer"):
        quantize_linear_layers(nn.ReLU())
