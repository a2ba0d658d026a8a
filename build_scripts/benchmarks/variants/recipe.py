"""The rows of a comparison: their labels, how the quantized ones are made, and the windows that all run on."""

from dataclasses import dataclass

import numpy as np

from build_scripts.quantization.techniques import TECHNIQUES
from functions.core.preprocessing.arrays import Float32Array

PYTORCH, COMPILED, PYTORCH_INT8 = "pytorch", "pytorch_compiled", "pytorch_dynamic_int8"
# The row every ratio is taken against.
FLOAT32 = "onnx_fp32"
OPTIMIZED = "onnx_fp32_optimized"
INT8 = "onnx_int8"
DYNAMIC_UINT8, DYNAMIC_INT8 = "onnx_dynamic_uint8", "onnx_dynamic_int8"

LABELS = {
    PYTORCH: "PyTorch eager",
    COMPILED: "PyTorch torch.compile",
    PYTORCH_INT8: "PyTorch dynamic int8, linear layers",
    FLOAT32: "onnxruntime float32",
    OPTIMIZED: "onnxruntime float32, optimized graph",
}


# Noise is enough: speed and memory do not depend on the signal.
SIGMA_G = 0.1


@dataclass(frozen=True)
class VariantRecipe:
    """A row that is made by quantization.

    method is one of `quantize --method`; bits are those of a weight, dynamic_weights the type of dynamic ones; scope
    is that of `quantize --scope`, None the method's own.
    """

    row: str
    label: str
    method: str
    bits: int
    dynamic_weights: str
    scope: str | None


RECIPES = tuple(
    VariantRecipe(one.row, one.label, method, one.options.bits, one.options.dynamic_weights, one.options.scope)
    for method, technique in TECHNIQUES.items()
    for one in technique.compared
)


def labels_of(recipes: tuple[VariantRecipe, ...]) -> dict[str, str]:
    """Return the label of each row, those of PyTorch and of float32 included."""
    return LABELS | {recipe.row: recipe.label for recipe in recipes}


def noise_windows(count: int, channels: int, window: int) -> Float32Array:
    """Return windows of noise of 0.1 g, float32 [count, channels, window], always the same."""
    return np.random.default_rng(0).normal(0.0, SIGMA_G, (count, channels, window)).astype(np.float32)
