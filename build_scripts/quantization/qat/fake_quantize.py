"""Fake quantization: float32 values on the grid of integers, with gradients that pass straight through.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", CVPR 2018: uint8 activations with ranges by moving average, symmetric weights per channel.
"""

import torch
from torch import Tensor, nn

from build_scripts.errors import FineTuningError, QuantizationError

LEVELS = 255


def channel_scale(weight: Tensor, limit: int) -> Tensor:
    """Return the scale of each output channel, float32 [channels], at which weights [channels, ...] reach `limit`."""
    largest = weight.detach().flatten(1).abs().amax(dim=1)
    return torch.where(largest > 0, largest / limit, 1.0)


def rounded_weight(weight: Tensor, limit: int) -> Tensor:
    """Return weights float32 [channels, ...] on the grid of each channel, from -limit to limit."""
    scale = channel_scale(weight, limit)
    zeros = torch.zeros(len(scale), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scale, zeros, 0, -limit, limit)


def largest_count(bits: int) -> int:
    """Return the largest integer of a symmetric weight of so many bits."""
    return int(2 ** (bits - 1)) - 1


class ActivationQuantizer(nn.Module):
    """Rounds activations to uint8; in training its range follows theirs with a momentum."""

    low: Tensor
    high: Tensor
    seen: Tensor

    def __init__(self, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))
        self.register_buffer("seen", torch.tensor(False))

    def forward(self, values: Tensor, observe: bool = True) -> Tensor:
        """Return values of the same shape, on the grid; without `observe` they leave its range alone."""
        if self.training and observe:
            self._observe(values.detach())
        scale, zero_point = self.grid()
        return torch.fake_quantize_per_tensor_affine(values, scale, zero_point, 0, LEVELS)

    def grid(self) -> tuple[Tensor, Tensor]:
        """Return the scale float32 [] and the zero point int32 [].

        Raises:
            QuantizationError: nothing was observed yet.
        """
        if not self.seen:
            raise QuantizationError("An activation has no range yet: train before you run or export.")
        width = self.high - self.low
        # Values that are all zero have a grid of any width.
        scale = torch.where(width > 0, width / LEVELS, 1.0)
        return scale, (-self.low / scale).round().clamp(0, LEVELS).to(torch.int32)

    def _observe(self, values: Tensor) -> None:
        """Move the range, which always holds zero, towards that of these values; the first sets it."""
        low, high = values.amin().clamp(max=0.0), values.amax().clamp(min=0.0)
        if not (high - low).isfinite():
            raise FineTuningError("A value in the network is no number any more: lower the learning rate.")
        weight = self.momentum if self.seen else 1.0
        self.low.lerp_(low, weight)
        self.high.lerp_(high, weight)
        self.seen.fill_(True)


class QuantizedBlock(nn.Module):
    """Convolution with folded batch normalisation and ReLU, weights and output rounded as they will run."""

    def __init__(self, convolution: nn.Conv2d, bits: int, momentum: float, *, first: bool) -> None:
        super().__init__()
        self.convolution = convolution
        self.bits, self.limit = bits, largest_count(bits)
        self.input = ActivationQuantizer(momentum) if first else None
        self.output = ActivationQuantizer(momentum)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return float32 [B, channels, H, L]; the input is on a grid already, but for the first block's."""
        values = hidden if self.input is None else self.input(hidden)
        weight = rounded_weight(self.convolution.weight, self.limit)
        result: Tensor = self.output(torch.relu(self.convolution._conv_forward(values, weight, self.convolution.bias)))
        return result


class QuantizedLayer(nn.Module):
    """The parameters of a convolution or a linear layer, its weights given as they will run.

    weight float32 [channels, ...], or of a layer that is `turned` [inputs, channels]; bias float32 [channels].
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, bits: int, *, turned: bool = False, trained: bool = True
    ) -> None:
        """Take weights float32 [channels, ...] and a bias; without `trained` the weights stay as they are."""
        super().__init__()
        self.limit, self.turned = largest_count(bits), turned
        self.weight = nn.Parameter((weight.T if turned else weight).detach().clone(), requires_grad=trained)
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone())

    def channels_first(self) -> Tensor:
        """Return the float32 weights [channels, ...]."""
        return self.weight.T if self.turned else self.weight

    def forward(self) -> Tensor:
        """Return the weights, of their own shape, on the grid of each channel."""
        rounded = rounded_weight(self.channels_first(), self.limit)
        return rounded.T if self.turned else rounded
