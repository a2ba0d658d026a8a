"""Half precision: weights and activations float16 for a GPU, inputs and outputs float32."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from build_scripts.errors import QuantizationError
from build_scripts.export.passes.region import names_read
from build_scripts.networks.trained import LOGITS
from build_scripts.quantization.layers import checked_layers, write_quantized

# Operators that carry the work: a device that multiplies float16 gains by these.
WORKING = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "RNN"})
# Operators that a half value may pass through on its way to the next of them. Sums over many values, powers,
# logarithms and exponentials are not among them: they leave the range of float16 (65504; 11 bits). Softmax and the
# normalisations are, for onnxruntime's CUDA kernels sum in float32 inside them.
PASSING = frozenset(
    {"Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Clip", "Sigmoid", "Tanh", "Gelu", "Erf", "HardSigmoid", "HardSwish"}
    | {"MaxPool", "AveragePool", "GlobalMaxPool", "Add", "Sub", "Mul", "Div", "Softmax"}
    | {"BatchNormalization", "LayerNormalization", "InstanceNormalization"}
    | {"Unsqueeze", "Squeeze", "Reshape", "Transpose", "Flatten", "Concat", "Split", "Slice", "Gather", "Expand"}
)


def quantize_to_half(source: Path, path: Path, exclude: Sequence[str] = ()) -> Path:
    """Convert the layers of the float32 model `source` to float16 at `path`.

    Half the size everywhere; faster only where a device multiplies float16, which CPUs do not. What only the distance
    is made of stays float32: a stranger's passes 65504, the largest float16.

    Raises:
        QuantizationError: there is no such layer, or nothing to convert.
    """
    original = onnx.load(source)
    writer = _HalfWriter(original, set(checked_layers(original, exclude)))
    model = writer.write()
    if not writer.converted:
        raise QuantizationError(f"{source} has no layer to convert to float16.")
    return write_quantized(model, original, path)


class _HalfWriter:
    """Builds a copy of a graph in which layers, and what lies between two of them, read and give float16."""

    def __init__(self, model: onnx.ModelProto, excluded: set[str]) -> None:
        self.converted = 0
        self._source = model
        self._types = element_types(model)
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        self._excluded, self._wanted = excluded, _values_of_logits(model.graph)
        # Names of the given graph's values in the new one, by type.
        self._places = {(name, kind): name for name, kind in self._types.items()}
        self._nodes: list[NodeProto] = []
        self._added: dict[str, TensorProto] = {}

    def write(self) -> onnx.ModelProto:
        """Return the new model."""
        for node in self._source.graph.node:
            self._add(node)
        for output in self._source.graph.output:
            self._provided(output.name, TensorProto.FLOAT)
        model = onnx.ModelProto()
        model.CopyFrom(self._source)
        used = {name for node in self._nodes for name in names_read(node)}
        tensors = [tensor for tensor in (*self._tensors.values(), *self._added.values()) if tensor.name in used]
        del model.graph.node[:], model.graph.initializer[:]
        model.graph.node.extend(self._nodes)
        model.graph.initializer.extend(tensors)
        return model

    def _add(self, node: NodeProto) -> None:
        copy = NodeProto()
        copy.CopyFrom(node)
        kind = TensorProto.FLOAT16 if self._is_half(node) else TensorProto.FLOAT
        copy.input[:] = [self._provided(name, kind) for name in node.input]
        # What graphs inside of a node read (If, Loop) they read by its own name.
        for name in set(names_read(node)).difference(node.input):
            self._provided(name, TensorProto.FLOAT)
        if kind == TensorProto.FLOAT16:
            self.converted += node.op_type in WORKING
            for index, name in enumerate(node.output):
                if self._is_float(name):
                    copy.output[index] = self._places[name, kind] = f"{name}_half"
                    del self._places[name, TensorProto.FLOAT]
        self._nodes.append(copy)

    def _is_half(self, node: NodeProto) -> bool:
        if node.name in self._excluded or self._wanted.isdisjoint(node.output):
            return False
        given = any((name, TensorProto.FLOAT16) in self._places for name in node.input if name not in self._tensors)
        return node.op_type in WORKING or (node.op_type in PASSING and given)

    def _is_float(self, name: str) -> bool:
        return self._types.get(name) == TensorProto.FLOAT

    def _provided(self, name: str, kind: int) -> str:
        """Return the name of a value as that type, made where it is missing; other types stay as they are."""
        if self._is_float(name) and (name, kind) not in self._places:
            self._places[name, kind] = self._half_constant(name) if name in self._tensors else self._cast(name, kind)
        return self._places.get((name, kind), name)

    def _half_constant(self, name: str) -> str:
        array = numpy_helper.to_array(self._tensors[name])
        limit = np.finfo(np.float16).max
        half = f"{name}_half"
        self._added[half] = numpy_helper.from_array(np.clip(array, -limit, limit).astype(np.float16), half)
        return half

    def _cast(self, name: str, kind: int) -> str:
        """Add a cast of a value to a type; the value as float32 bears its own name, for outputs have to."""
        made = name if kind == TensorProto.FLOAT else f"{name}_half"
        (held,) = (place for (value, _), place in self._places.items() if value == name)
        self._nodes.append(helper.make_node("Cast", [held], [made], f"{made}_cast_{len(self._nodes)}", to=kind))
        return made


def element_types(model: onnx.ModelProto) -> dict[str, int]:
    """Return the element type of every value of a graph that can be inferred, by name."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    values = (*graph.input, *graph.value_info, *graph.output)
    tensors = {tensor.name: int(tensor.data_type) for tensor in graph.initializer}
    return {value.name: int(value.type.tensor_type.elem_type) for value in values} | tensors


def _values_of_logits(graph: onnx.GraphProto) -> set[str]:
    """Return the names of the values that the logits are made of, and theirs; without logits, of the first output."""
    names = [output.name for output in graph.output]
    wanted = {LOGITS if LOGITS in names else names[0]}
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
    return wanted
