"""The pass that flattens features position by position, as integer convolutions leave them.

They lay tensors out as [N, L, C]; flattened as [N, C * L] these are moved once more. With the weights of the linear
layers behind in the other order nothing is moved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from build_scripts.quantization.layers import has_transposed_weights

# Operators that keep the channels of a convolution.
_KEEPING = frozenset({"Relu", "MaxPool", "AveragePool", "BatchNormalization", "LeakyRelu", "Clip", "Sigmoid", "Tanh"})


@dataclass(frozen=True)
class Flattening:
    """Rewrite the flattening of a convolution's answers before linear layers, and the weights of these."""

    name: str = "flattening"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Return the rewritten model; one without such a flattening comes back as an equal copy."""
        rewritten = onnx.ModelProto()
        rewritten.CopyFrom(model)
        graph = rewritten.graph
        weights = {tensor.name: tensor for tensor in graph.initializer}
        makers = {name: node for node in graph.node for name in node.output}
        for node in [one for one in graph.node if one.op_type in {"Reshape", "Flatten"}]:
            readers = [one for one in graph.node if node.output[0] in one.input]
            channels = _channels(node.input[0], makers, weights)
            if channels and readers and all(_is_linear(one, node.output[0], weights) for one in readers):
                _rewrite(graph, node, readers, channels)
        return rewritten


def _channels(value: str, makers: Mapping[str, NodeProto], weights: Mapping[str, TensorProto]) -> int:
    """Return the channels of a value [N, C, L] that a convolution has made, 0 where none has."""
    node = makers.get(value)
    while node is not None and node.op_type in _KEEPING:
        node = makers.get(node.input[0])
    tensor = weights.get(node.input[1]) if node is not None and node.op_type == "Conv" else None
    return tensor.dims[0] if tensor is not None and len(tensor.dims) == 3 else 0


def _is_linear(node: NodeProto, value: str, weights: Mapping[str, TensorProto]) -> bool:
    plain = {one.name: helper.get_attribute_value(one) for one in node.attribute}.get("transA", 0) == 0
    return node.op_type == "Gemm" and plain and node.input[0] == value and node.input[1] in weights


def _rewrite(graph: onnx.GraphProto, node: NodeProto, readers: list[NodeProto], channels: int) -> None:
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    sizes = {arrays[one.input[1]].shape[1 if has_transposed_weights(one) else 0] for one in readers}
    if any(size % channels for size in sizes):
        return
    for one in readers:
        name = f"{one.input[1]}_by_position"
        weights = arrays[one.input[1]] if has_transposed_weights(one) else arrays[one.input[1]].T
        moved = weights.reshape(len(weights), channels, -1).transpose(0, 2, 1).reshape(weights.shape)
        given = np.ascontiguousarray(moved if has_transposed_weights(one) else moved.T)
        if name not in arrays:
            graph.initializer.append(numpy_helper.from_array(given, name))
            arrays[name] = given
        one.input[1] = name
    value = f"{node.input[0]}_by_position"
    place = next(index for index, one in enumerate(graph.node) if one.output[0] == node.output[0])
    moving = helper.make_node("Transpose", [node.input[0]], [value], value, perm=[0, 2, 1])
    node.input[0] = value
    graph.node.insert(place, moving)
