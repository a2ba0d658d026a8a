"""Small ONNX models, made node by node; weights are random, the same on every run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

CHANNELS = 4
SIGNAL = ("B", CHANNELS, 48)


def node(operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> NodeProto:
    return helper.make_node(operator, inputs, [output], name=output, **attributes)


def scalar(value: float, name: str) -> TensorProto:
    """A float32 tensor of rank 0."""
    return numpy_helper.from_array(np.array(value, np.float32), name)


def weights(shapes: Mapping[str, Sequence[int]]) -> list[TensorProto]:
    """Random float32 tensors by name."""
    generator = np.random.default_rng(7)
    return [
        numpy_helper.from_array(generator.normal(size=shape).astype(np.float32), name) for name, shape in shapes.items()
    ]


def graph(
    nodes: Sequence[NodeProto],
    constants: Sequence[TensorProto] = (),
    *,
    signal: Sequence[str | int] = SIGNAL,
    kind: int = TensorProto.FLOAT,
    opset: int = 20,
) -> onnx.ModelProto:
    """A model from `signal` to what its last node gives."""
    inputs = [helper.make_tensor_value_info("signal", kind, signal)]
    outputs = [helper.make_value_info(nodes[-1].output[0], helper.make_tensor_type_proto(kind, None))]
    made = helper.make_graph(list(nodes), "test", inputs, outputs, list(constants))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


def convolution(inputs: str = "signal", output: str = "answer", weight: str = "w", **attributes: Any) -> NodeProto:
    return node("Conv", [inputs, weight], output, **attributes)


def operators(model: onnx.ModelProto) -> list[str]:
    return [one.op_type for one in model.graph.node]
