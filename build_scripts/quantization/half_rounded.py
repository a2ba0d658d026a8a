"""A float16 model as a GPU runs it, for a CPU: float32 arithmetic, every stored value rounded to float16.

onnxruntime's CPU provider has few float16 kernels. Between two of the others it keeps float32, and a value that a GPU
would store as infinity or as zero goes on unharmed: the file itself, run on a CPU, does not show what it loses.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from build_scripts.quantization.half import element_types


def rounded_model(path: Path) -> bytes:
    """Return the float32 model whose every value is rounded where that of the float16 model in `path` is stored.

    Sums inside an operator are float32, as tensor cores add; the states inside an LSTM are not rounded.
    """
    model = onnx.load(path)
    types = element_types(model)
    nodes = [part for node in model.graph.node for part in _rounded(node, types)]
    tensors = [_as_float32(tensor) for tensor in model.graph.initializer]
    del model.graph.node[:], model.graph.initializer[:], model.graph.value_info[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(tensors)
    return bytes(model.SerializeToString())


def _rounded(node: NodeProto, types: dict[str, int]) -> list[NodeProto]:
    """Return a node in float32 and, for each of its float16 outputs, a cast to float16 and back."""
    exact, casts = NodeProto(), []
    exact.CopyFrom(node)
    for attribute in exact.attribute:
        if attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
            attribute.i = TensorProto.FLOAT
    for index, name in enumerate(node.output):
        if types.get(name) == TensorProto.FLOAT16:
            exact.output[index], stored = f"{name}_exact", f"{name}_stored"
            casts.append(helper.make_node("Cast", [f"{name}_exact"], [stored], stored, to=TensorProto.FLOAT16))
            casts.append(helper.make_node("Cast", [stored], [name], f"{name}_read", to=TensorProto.FLOAT))
    return [exact, *casts]


def _as_float32(tensor: TensorProto) -> TensorProto:
    if tensor.data_type != TensorProto.FLOAT16:
        return tensor
    return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name)
