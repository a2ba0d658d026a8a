"""The step that quantizes the shipped models: static int8; the other techniques stand beside it."""

from build_scripts.quantization.calibration import WindowReader
from build_scripts.quantization.operators import executed_operators, require_integer_convolutions
from build_scripts.quantization.static import METHOD, QuantizationConfig, quantize

__all__ = [
    "METHOD",
    "QuantizationConfig",
    "WindowReader",
    "executed_operators",
    "quantize",
    "require_integer_convolutions",
]
