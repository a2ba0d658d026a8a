"""The graph around a quantization: what comes before, which layers are left out, what is kept after."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization.shape_inference import quant_pre_process

from build_scripts.errors import QuantizationError
from build_scripts.export.onnx_file import slimmed
from build_scripts.quantization.library import described

LAYERS = ("Conv", "Gemm", "MatMul")
# Operators whose weights are counted as a network's.
WEIGHED = frozenset({*LAYERS, "ConvTranspose", "LSTM", "GRU", "RNN"})
_ZERO = "excluded_layer_floor"


def prepared(source: Path, folder: Path) -> Path:
    """Write the model with its constants folded and its shapes inferred into a folder; return the new file."""
    path = folder / "prepared.onnx"
    # Symbolic shape inference fails on a Concat of two poolings.
    quant_pre_process(source, path, skip_symbolic_shape=True)
    return path


def checked_layers(model: onnx.ModelProto, names: Sequence[str]) -> list[str]:
    """Return the names of layers that stay as they are.

    Raises:
        QuantizationError: the model has no node of a name.
    """
    nodes = {node.name: node for node in model.graph.node}
    unknown = [name for name in names if name not in nodes]
    if unknown:
        layers = ", ".join(name for name, node in nodes.items() if node.op_type in LAYERS)
        raise QuantizationError(f"The model has no layer {', '.join(unknown)}; its layers are {layers}.")
    return list(names)


def has_transposed_weights(node: onnx.NodeProto) -> bool:
    """Return whether a Gemm's weights are stored as [channels, inputs]."""
    return any(attribute.name == "transB" and attribute.i for attribute in node.attribute)


def side_layers(model: onnx.ModelProto) -> list[str]:
    """Return the names of the nodes that the first output, the logits, does not need: those of the distance.

    They stay float32: few operations, and squares that a scale of 256 steps cannot hold.
    """
    needed, side = {model.graph.output[0].name}, []
    for node in reversed(model.graph.node):
        if needed.isdisjoint(node.output):
            side.append(node.name)
        else:
            needed.update(node.input)
    return [name for name in side if name]


def layer_weights(model: onnx.ModelProto) -> Counter[str]:
    """Count the weights of the layers that the logits need, by operator."""
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in model.graph.initializer}
    side, counts = set(side_layers(model)), Counter[str]()
    for node in model.graph.node:
        if node.op_type in WEIGHED and node.name not in side:
            counts[node.op_type] += sum(sizes.get(name, 0) for name in node.input)
    return counts


def shielded(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """Return a copy in which the ReLU behind each named layer is written as a maximum with zero.

    Between two quantized tensors onnxruntime quantizes a float32 convolution by itself as it loads, ReLU
    included; the maximum computes the same and prevents that.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    outputs = {output for node in model.graph.node if node.name in names for output in node.output}
    for node in copy.graph.node:
        if node.op_type == "Relu" and node.input[0] in outputs:
            node.op_type = "Max"
            node.input.append(_ZERO)
    copy.graph.initializer.append(onnx.numpy_helper.from_array(np.array(0.0, np.float32), _ZERO))
    return copy


def with_float_outputs(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy whose outputs are not rounded once more: no QuantizeLinear and DequantizeLinear stand before them.

    An integer matrix product gives float32 as well, so that is an operator less, and closer to float32.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    makers = {name: node for node in copy.graph.node for name in node.output}
    for output in copy.graph.output:
        last = makers[output.name]
        first = makers.get(last.input[0]) if last.op_type == "DequantizeLinear" else None
        if first is not None and first.op_type == "QuantizeLinear" and first.input[0] in makers:
            makers[first.input[0]].output[0] = output.name
            copy.graph.node.remove(last)
            copy.graph.node.remove(first)
    return copy


def write_quantized(model: onnx.ModelProto, source: onnx.ModelProto, path: Path) -> Path:
    """Write a quantized model, slim and with the properties of its source, and return the path.

    Raises:
        QuantizationError: the model is invalid.
    """
    slim = slimmed(model)
    del slim.metadata_props[:]
    slim.metadata_props.extend(source.metadata_props)
    try:
        onnx.checker.check_model(slim, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise QuantizationError(f"The file would be no valid model: {described(error)}.") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(slim.SerializeToString())
    return path
