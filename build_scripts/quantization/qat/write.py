"""The integer model: a float32 graph with the scales that its training found written into it."""

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

from build_scripts.errors import QuantizationError
from build_scripts.export.passes.region import names_read
from build_scripts.quantization.layers import has_transposed_weights
from build_scripts.quantization.qat.fake_quantize import ActivationQuantizer, channel_scale, largest_count
from functions.core.preprocessing.arrays import Float32Array

# Scale float32 [] and zero point uint8 [] of the integers of a value.
Grid = tuple[NDArray[np.float32], NDArray[np.uint8]]
# A bias is an integer of 32 bits on the grid of its channel's products; half of them are left for the sum.
LARGEST_BIAS = 2**30


class QdqWriter:
    """Builds a copy of a graph in which values pass QuantizeLinear and DequantizeLinear, and layers hold integers."""

    def __init__(self, model: onnx.ModelProto, grids: Mapping[str, Grid], layers: Collection[str], bits: int) -> None:
        """Take a float32 model, the grids of its values by name, and the names of the weights that get integers.

        Such weights belong to a Conv, a Gemm or a MatMul whose first input is on a grid.
        """
        self.model = onnx.ModelProto()
        self.model.CopyFrom(model)
        self._grids, self._layers, self._left = grids, frozenset(layers), set(layers)
        self._limit = largest_count(bits)
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes: list[NodeProto] = []
        self._uses: Counter[str] = Counter()
        self._renamed: dict[str, str] = {}

    def write(self) -> onnx.ModelProto:
        """Return the model with its values and layers quantized.

        Raises:
            QuantizationError: the graph has no node for a layer.
        """
        for value in self.model.graph.input:
            self._round(str(value.name))
        for node in self.model.graph.node:
            original = node.input[0] if node.input else ""
            layer = len(node.input) > 1 and node.input[1] in self._layers and original in self._grids
            for index, name in enumerate(node.input):
                node.input[index] = self._renamed.get(name, name)
            if layer:
                self._quantize(node, float(self._grids[original][0]))
            self._nodes.append(node)
            for name in node.output:
                self._round(name)
        if self._left:
            raise QuantizationError(f"The graph has no layer for {', '.join(sorted(self._left))}.")
        return self._finished()

    def _round(self, value: str) -> None:
        if value not in self._grids:
            return
        scale, zero_point = self._grids[value]
        names = [self._add(scale, f"{value}_scale"), self._add(zero_point, f"{value}_zero_point")]
        counts, floats = f"{value}_counts", f"{value}_dequantized"
        self._nodes.append(helper.make_node("QuantizeLinear", [value, *names], [counts], f"{value}_quantize"))
        self._nodes.append(helper.make_node("DequantizeLinear", [counts, *names], [floats], f"{value}_dequantize"))
        self._renamed[value] = floats

    def _quantize(self, node: NodeProto, input_scale: float) -> None:
        name, turned = self._name(node.input[1].removesuffix(".weight")), is_turned(node)
        weight, *bias = (numpy_helper.to_array(self._tensors[one]) for one in node.input[1:3])
        counts, scale, sums = layer_integers(
            weight.T if turned else weight, bias[0] if bias else None, self._limit, input_scale
        )
        self._left.discard(node.input[1])
        # The exporter drops a bias of zeros, so the inputs are written anew; a MatMul has its bias behind it.
        del node.input[1:]
        node.input.append(self._constant(counts.T if turned else counts, scale, f"{name}.weight", axis=int(turned)))
        if node.op_type != "MatMul":
            node.input.append(self._constant(sums, scale * np.float32(input_scale), f"{name}.bias", axis=0))

    def _name(self, name: str) -> str:
        """Return a name for the integers of a layer; one that reads its weights a second time has others."""
        uses = self._uses[name]
        self._uses[name] += 1
        return f"{name}/{uses}" if uses else name

    def _constant(self, counts: NDArray[np.integer], scale: NDArray[np.float32], name: str, axis: int) -> str:
        zeros = self._add(np.zeros(len(scale), counts.dtype), f"{name}_zero_point")
        inputs = [self._add(counts, f"{name}_counts"), self._add(scale, f"{name}_scale"), zeros]
        floats = f"{name}_dequantized"
        self._nodes.append(helper.make_node("DequantizeLinear", inputs, [floats], f"{name}_dequantize", axis=axis))
        return floats

    def _add(self, array: NDArray[np.generic], name: str) -> str:
        self._tensors[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name

    def _finished(self) -> onnx.ModelProto:
        read = {name for node in self._nodes for name in names_read(node)}
        tensors = [tensor for name, tensor in self._tensors.items() if name in read]
        given = self.model.graph
        graph = helper.make_graph(self._nodes, given.name, given.input, given.output, tensors)
        self.model.graph.CopyFrom(graph)
        return self.model


def grid_of(quantizer: ActivationQuantizer) -> Grid:
    """Return the grid of a quantizer as the file holds it.

    Raises:
        QuantizationError: nothing was observed yet.
    """
    scale, zero_point = quantizer.grid()
    return scale.numpy(), np.array(int(zero_point), np.uint8)


def layer_integers(
    weight: Float32Array, bias: Float32Array | None, limit: int, input_scale: float
) -> tuple[NDArray[np.int8], Float32Array, NDArray[np.int32]]:
    """Return a layer's weights int8 [channels, ...], their scales float32 [channels] and the bias int32 [channels].

    A channel whose weights are so small that its bias would not fit gets a larger scale: they count for nothing.

    Args:
        weight: float32 [channels, ...].
        bias: float32 [channels], or None.
        limit: the largest integer of a weight.
        input_scale: of what the layer reads.
    """
    values = torch.from_numpy(np.array(weight))
    shifts = torch.zeros(len(values)) if bias is None else torch.from_numpy(np.array(bias))
    lowest = (shifts.abs().double() / (input_scale * LARGEST_BIAS)).float()
    scale = torch.maximum(channel_scale(values, limit), lowest)
    counts = torch.round(values / scale.reshape(-1, *[1] * (values.dim() - 1))).clamp(-limit, limit)
    sums = np.rint(shifts.double().numpy() / (input_scale * scale.double().numpy()))
    return counts.numpy().astype(np.int8), scale.numpy(), sums.astype(np.int32)


def is_turned(node: NodeProto) -> bool:
    """Return whether a layer's weights are stored as [inputs, channels]."""
    return node.op_type in {"Gemm", "MatMul"} and not has_transposed_weights(node)
