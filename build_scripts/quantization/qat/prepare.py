"""From a trained network to a fake-quantized one: batch normalisation folded, every block rounded."""

import copy
from dataclasses import dataclass

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from build_scripts.errors import QuantizationError
from build_scripts.quantization.qat.fake_quantize import QuantizedBlock
from build_scripts.quantization.techniques import WEIGHT_BITS
from build_scripts.training.fine_tune import TuningConfig


@dataclass(frozen=True)
class AwareConfig(TuningConfig):
    """Fine-tuning with rounding: bits of a weight, and how fast the ranges of activations follow."""

    bits: int = 7
    momentum: float = 0.1


def prepare(network: nn.Module, bits: int = 7, momentum: float = 0.1) -> nn.Module:
    """Return a copy whose blocks Conv2d, BatchNorm2d, ReLU are `QuantizedBlock`s; heads stay float32.

    The blocks must form a chain in the order in which the network holds them: each reads what the one
    before it gives, and the first one the signal.

    Raises:
        QuantizationError: bits other than 7 or 8, a network without blocks, or a convolution outside one.
    """
    require_bits(bits)
    prepared = copy.deepcopy(network).eval()
    names = [name for name, module in prepared.named_modules() if _is_block(module)]
    for index, name in enumerate(names):
        convolution, normalisation, _ = prepared.get_submodule(name).children()
        assert isinstance(convolution, nn.Conv2d)  # noqa: S101 - _is_block has checked it; mypy cannot see that
        assert isinstance(normalisation, nn.BatchNorm2d)  # noqa: S101
        # A bias that the fold adds is frozen unless training is switched on for it.
        fused = fuse_conv_bn_eval(convolution, normalisation).requires_grad_(True)
        prepared.set_submodule(name, QuantizedBlock(fused, bits, momentum, first=index == 0))
    _require_only_blocks(prepared, len(names))
    return prepared.eval()


def require_bits(bits: int) -> None:
    """Check the bits of a weight.

    Raises:
        QuantizationError: neither 7 nor 8.
    """
    if bits not in WEIGHT_BITS:
        raise QuantizationError(f"Quantization-aware training has weights of 7 or 8 bits, not {bits}.")


def quantized_blocks(network: nn.Module) -> dict[str, QuantizedBlock]:
    """Return the blocks of a prepared network by name, in order."""
    return {name: module for name, module in network.named_modules() if isinstance(module, QuantizedBlock)}


def folded(network: nn.Module) -> nn.Module:
    """Return a copy of a prepared network in plain float32: convolution and ReLU in the place of each block."""
    plain = copy.deepcopy(network).eval()
    for name, block in quantized_blocks(plain).items():
        plain.set_submodule(name, nn.Sequential(block.convolution, nn.ReLU()))
    return plain


def _is_block(module: nn.Module) -> bool:
    kinds = [type(child) for child in module.children()]
    return isinstance(module, nn.Sequential) and kinds == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]


def _require_only_blocks(network: nn.Module, blocks: int) -> None:
    convolutions = sum(isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d) for module in network.modules())
    if not blocks or convolutions != blocks:
        raise QuantizationError(
            f"{blocks} of {convolutions} convolutions stand in a block of Conv2d, BatchNorm2d and ReLU; all must."
        )
