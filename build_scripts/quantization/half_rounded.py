"""A float16 model as a GPU runs it, for a CPU: float32 arithmetic, every stored value rounded to float16.

onnxruntime's CPU provider has few float16 kernels. Between two of the others it keeps float32, and a value that a GPU
would store as infinity or as zero goes on unharmed: the file itself, run on a CPU, does not show what it loses. And its
layout for vector registers (NchwcTransformer) breaks the process on some graphs of float16, as one of Conv, LSTM and
LayerNormalization. So no step of the build loads a float16 file as it is.
"""

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from build_scripts.quantization.half import element_types


def runnable(file: bytes) -> bytes:
    """Return what a CPU runs of an ONNX file: a float16 model rounded, any other as it is."""
    tensors = onnx.load_from_string(file).graph.initializer
    return rounded_model(file) if any(one.data_type == TensorProto.FLOAT16 for one in tensors) else file


def rounded_model(file: bytes) -> bytes:
    """Return the float32 model whose every value is rounded where that of the float16 model `file` is stored.

    Sums inside an operator are float32, as tensor cores add; the states inside an LSTM are not rounded.
    """
    model = onnx.load_from_string(file)
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
