"""Half precision: weights and activations float16 for a GPU, inputs and outputs float32."""

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnxruntime.quantization.onnx_model import ONNXModel
from onnxruntime.transformers.float16 import convert_float_to_float16

from build_scripts.errors import QuantizationError
from build_scripts.quantization.layers import checked_layers, write_quantized

# What carries the work. Means over a window, the head and the squared distance behind them stay float32:
# a stranger's distance passes 65504, the largest float16.
HALF_OPERATORS = frozenset(
    {"Conv", "Relu", "MaxPool", "Add", "BatchNormalization", "Unsqueeze", "Squeeze", "Reshape", "Transpose"}
)


def quantize_to_half(source: Path, path: Path, exclude: Sequence[str] = ()) -> Path:
    """Convert the convolutions of the float32 model `source` to float16 at `path`.

    Half the size everywhere; faster only where a device multiplies float16, which CPUs do not.

    Raises:
        QuantizationError: there is no such layer, or nothing to convert.
    """
    original = onnx.load(source)
    excluded = set(checked_layers(original, exclude))
    kept = [node.name for node in original.graph.node if node.op_type not in HALF_OPERATORS or node.name in excluded]
    if len(kept) == len(original.graph.node):
        raise QuantizationError(f"{source} has no layer to convert to float16.")
    model = convert_float_to_float16(onnx.load(source), keep_io_types=True, node_block_list=kept, op_block_list=[])
    # The converter puts its casts at the end, where ONNX does not allow them.
    ONNXModel(model).topological_sort()
    return write_quantized(model, original, path)
