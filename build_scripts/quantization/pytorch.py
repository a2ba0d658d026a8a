"""PyTorch's own dynamic int8 of linear layers: an arm to compare with, not something that is shipped."""

import copy
import warnings

import torch
from torch import nn

from build_scripts.errors import QuantizationError


def quantize_linear_layers(network: nn.Module) -> nn.Module:
    """Return a copy of a network with its linear layers in dynamic int8, for the CPU.

    Convolutions stay float32: PyTorch has no dynamic kernel for them.

    Raises:
        QuantizationError: the network has no linear layer.
    """
    if not any(isinstance(module, nn.Linear) for module in network.modules()):
        raise QuantizationError("The network has no linear layer to quantize.")
    with warnings.catch_warnings():
        # torch.ao.quantization is on its way to another package.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        quantized: nn.Module = torch.ao.quantization.quantize_dynamic(  # type: ignore[no-untyped-call]
            copy.deepcopy(network).eval(), {nn.Linear}, dtype=torch.qint8
        )
    return quantized
