"""The rows of a comparison: what each is called, and how the quantized ones are made."""

from dataclasses import dataclass

PYTORCH, COMPILED, PYTORCH_INT8 = "pytorch", "pytorch_compiled", "pytorch_dynamic_int8"
# The row every ratio is taken against.
FLOAT32 = "onnx_fp32"
OPTIMIZED = "onnx_fp32_optimized"
INT8 = "onnx_int8"

LABELS = {
    PYTORCH: "PyTorch eager",
    COMPILED: "PyTorch torch.compile",
    PYTORCH_INT8: "PyTorch dynamic int8, linear layers",
    FLOAT32: "onnxruntime float32",
    OPTIMIZED: "onnxruntime float32, optimized graph",
}


@dataclass(frozen=True)
class VariantRecipe:
    """A row that is made by quantization.

    method is one of `quantize --method`; bits are those of a weight, dynamic_weights the type of dynamic ones.
    """

    row: str
    label: str
    method: str
    bits: int = 8
    dynamic_weights: str = "uint8"


STATIC = VariantRecipe(INT8, "int8 (this project's recipe)", "static", bits=7)
DYNAMIC_UINT8 = VariantRecipe("onnx_dynamic_uint8", "dynamic int8, uint8 weights", "dynamic")
DYNAMIC_INT8 = VariantRecipe("onnx_dynamic_int8", "dynamic int8, int8 weights", "dynamic", dynamic_weights="int8")
WEIGHTS = VariantRecipe("onnx_weights_int8", "weights-only int8", "weights")
HALF = VariantRecipe("onnx_fp16", "float16", "half", bits=16)

RECIPES = (STATIC, DYNAMIC_UINT8, DYNAMIC_INT8, WEIGHTS, HALF)


def labels_of(recipes: tuple[VariantRecipe, ...]) -> dict[str, str]:
    """Return what each row is called, those of PyTorch and of float32 included."""
    return LABELS | {recipe.row: recipe.label for recipe in recipes}
