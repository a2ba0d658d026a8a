"""The rows of a comparison: their labels, and how the quantized ones are made."""

from dataclasses import dataclass

from build_scripts.quantization.techniques import TECHNIQUES

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


@dataclass(frozen=True)
class VariantRecipe:
    """A row that is made by quantization.

    method is one of `quantize --method`; bits are those of a weight, dynamic_weights the type of dynamic ones.
    """

    row: str
    label: str
    method: str
    bits: int
    dynamic_weights: str


RECIPES = tuple(
    VariantRecipe(one.row, one.label, method, one.options.bits, one.options.dynamic_weights)
    for method, technique in TECHNIQUES.items()
    for one in technique.compared
)


def labels_of(recipes: tuple[VariantRecipe, ...]) -> dict[str, str]:
    """Return what each row is called, those of PyTorch and of float32 included."""
    return LABELS | {recipe.row: recipe.label for recipe in recipes}
