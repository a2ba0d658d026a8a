"""Weights-only int8: a quarter of the size, float32 arithmetic behind a DequantizeLinear."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from build_scripts.errors import QuantizationError
from build_scripts.quantization.layers import LAYERS, checked_layers, has_transposed_weights, write_quantized
from functions.core.preprocessing.arrays import Float32Array


def quantize_weights(
    source: Path, path: Path, *, per_channel: bool = True, bits: int = 8, exclude: Sequence[str] = ()
) -> Path:
    """Quantize the weights of convolutions and matrix products of `source` to `path`, symmetric around zero.

    Raises:
        QuantizationError: bits outside 2 to 8, an unknown layer, or no weights to quantize.
    """
    original = onnx.load(source)
    excluded = set(checked_layers(original, exclude))
    initializers = {tensor.name: tensor for tensor in original.graph.initializer}
    axes = {
        name: axis for name, axis in _weights(original, excluded) if name in initializers and initializers[name].dims
    }
    if not axes:
        raise QuantizationError(f"{source} has no weights to quantize.")
    model = onnx.ModelProto()
    model.CopyFrom(original)
    kept = [tensor for tensor in original.graph.initializer if tensor.name not in axes]
    pairs = [_replacement(initializers[name], axis if per_channel else None, bits) for name, axis in axes.items()]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend([*kept, *(tensor for _, tensors in pairs for tensor in tensors)])
    model.graph.node.extend([*(node for node, _ in pairs), *original.graph.node])
    return write_quantized(model, original, path)


def quantized_weights(weights: Float32Array, axis: int | None, bits: int) -> tuple[NDArray[np.int8], Float32Array]:
    """Return weights as int8 of the same shape and their scales float32, [channels] or, without an axis, [].

    Raises:
        QuantizationError: bits outside 2 to 8.
    """
    if not 2 <= bits <= 8:
        raise QuantizationError(f"Weights of {bits} bits do not fit int8; take 2 to 8.")
    limit = 2 ** (bits - 1) - 1
    others = tuple(index for index in range(weights.ndim) if index != axis) if axis is not None else None
    largest = np.abs(weights).max(axis=others, keepdims=axis is not None)
    scale = np.where(largest > 0, largest / limit, 1.0).astype(np.float32)
    counts = np.clip(np.rint(weights / scale), -limit, limit).astype(np.int8)
    return counts, scale.reshape(-1) if axis is not None else scale


def _weights(model: onnx.ModelProto, excluded: set[str]) -> Iterator[tuple[str, int]]:
    """Name the second input of each layer and the axis of its output channels."""
    for node in model.graph.node:
        if node.op_type in LAYERS and node.name not in excluded:
            yield node.input[1], 0 if node.op_type == "Conv" or has_transposed_weights(node) else 1


def _replacement(tensor: TensorProto, axis: int | None, bits: int) -> tuple[NodeProto, list[TensorProto]]:
    """Return the node that gives the weights back under their own name, and the tensors it reads."""
    counts, scale = quantized_weights(numpy_helper.to_array(tensor), axis, bits)
    names = [f"{tensor.name}_quantized", f"{tensor.name}_scale"]
    node = helper.make_node("DequantizeLinear", names, [tensor.name], f"{tensor.name}_dequantize")
    if axis is not None:
        node.attribute.append(helper.make_attribute("axis", axis))
    return node, [numpy_helper.from_array(counts, names[0]), numpy_helper.from_array(scale, names[1])]
