"""Every technique that turns an ONNX file into another, by the name the command line gives it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from build_scripts.errors import QuantizationError
from build_scripts.quantization.dynamic import quantize_dynamically
from build_scripts.quantization.half import quantize_to_half
from build_scripts.quantization.static import QuantizationConfig, quantize
from build_scripts.quantization.weights import quantize_weights
from functions.core.preprocessing.arrays import Float32Array


@dataclass(frozen=True)
class QuantizationOptions:
    """What a technique may be told; each takes what it needs.

    calibration_windows float32 [n, C, T], calibration minmax, entropy or percentile; bits of a weight;
    dynamic_weights uint8 or int8; exclude names layers that stay as they are.
    """

    calibration_windows: Float32Array | None = None
    calibration: str = "minmax"
    per_channel: bool = True
    bits: int = 7
    dynamic_weights: str = "uint8"
    exclude: tuple[str, ...] = ()

    def with_windows(self, windows: Float32Array) -> "QuantizationOptions":
        """Return the options with calibration windows float32 [n, C, T]."""
        return replace(self, calibration_windows=windows)


class Technique(Protocol):
    """Quantizes the float32 model `source` to a new file and returns its path."""

    def __call__(self, source: Path, path: Path, options: QuantizationOptions) -> Path:
        """Quantize.

        Raises:
            QuantizationError: an option does not fit the technique or the model.
        """
        ...


def static(source: Path, path: Path, options: QuantizationOptions) -> Path:
    """Quantize activations and weights of the convolutions by calibration windows."""
    if options.calibration_windows is None:
        raise QuantizationError("Static quantization needs calibration windows.")
    if options.bits not in {7, 8}:
        raise QuantizationError(f"Static quantization has weights of 7 or 8 bits, not {options.bits}.")
    config = QuantizationConfig(
        per_channel=options.per_channel,
        reduce_range=options.bits == 7,
        calibration=options.calibration,
        exclude=options.exclude,
    )
    return quantize(source, options.calibration_windows, path, config)


def dynamic(source: Path, path: Path, options: QuantizationOptions) -> Path:
    """Quantize weights, and activations at every call."""
    return quantize_dynamically(source, path, options.dynamic_weights, options.exclude)


def half(source: Path, path: Path, options: QuantizationOptions) -> Path:
    """Convert to float16."""
    return quantize_to_half(source, path, options.exclude)


def weights(source: Path, path: Path, options: QuantizationOptions) -> Path:
    """Quantize weights only."""
    return quantize_weights(source, path, per_channel=options.per_channel, bits=options.bits, exclude=options.exclude)


TECHNIQUES: Mapping[str, Technique] = {"static": static, "dynamic": dynamic, "half": half, "weights": weights}
