"""From a fake-quantized graph to its float32 ONNX model, and the grid of each value that was rounded in it.

The rounding is exported as QuantizeLinear and DequantizeLinear, for these keep their place whatever the exporter makes
of the graph around them; then they are taken off again, so that passes on float32 models can run before the integers
are written.
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import torch
import torch.ao.quantization.fx._decomposed  # the operators of `quantized_decomposed`
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor, nn

from build_scripts.errors import QuantizationError
from build_scripts.export.passes.region import twin
from build_scripts.quantization.layers import LAYERS
from build_scripts.quantization.qat.fake_quantize import LEVELS, ActivationQuantizer, QuantizedLayer
from build_scripts.quantization.qat.write import Grid, is_turned

_QUANTIZED = torch.ops.quantized_decomposed


class _Mark(nn.Module):
    """Rounds as an activation quantizer does, by the operators that are exported as a pair of ONNX nodes."""

    def __init__(self, quantizer: ActivationQuantizer) -> None:
        super().__init__()
        scale, zero_point = quantizer.grid()
        self.grid = (float(scale), int(zero_point), 0, LEVELS, torch.uint8)

    def forward(self, values: Tensor, observe: bool = False) -> Tensor:
        """Return the values on the grid; they are never observed."""
        counts = _QUANTIZED.quantize_per_tensor(values, *self.grid)
        rounded: Tensor = _QUANTIZED.dequantize_per_tensor(counts, *self.grid)
        return rounded


class _Plain(nn.Module):
    """Gives a layer's float32 weights as they are."""

    def __init__(self, layer: QuantizedLayer) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self) -> Tensor:
        """Return the weights float32 [channels, ...]."""
        return self.weight


def marked(network: nn.Module) -> nn.Module:
    """Return a copy with float32 weights, in which every rounding of a value is one that is exported.

    Raises:
        QuantizationError: it was not trained yet.
    """
    plain = copy.deepcopy(network).eval()
    for name, module in list(plain.named_modules()):
        if isinstance(module, ActivationQuantizer):
            plain.set_submodule(name, _Mark(module))
        elif isinstance(module, QuantizedLayer):
            plain.set_submodule(name, _Plain(module))
    return plain


def without_marks(model: onnx.ModelProto) -> tuple[onnx.ModelProto, dict[str, Grid]]:
    """Return a model of float32 without its roundings, and the grid of each value that was rounded, by its name."""
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    constants, outputs = _constants(model.graph), {value.name for value in model.graph.output}
    marks: dict[str, tuple[str, Grid]] = {}
    values: dict[str, str] = {}
    del plain.graph.node[:]
    for node in model.graph.node:
        read = [values.get(name, name) for name in node.input]
        if node.op_type == "QuantizeLinear":
            marks[node.output[0]] = read[0], (constants[read[1]], constants[read[2]])
            continue
        if node.op_type == "DequantizeLinear" and node.input[0] in marks:
            values[node.output[0]] = marks[node.input[0]][0]
            if node.output[0] in outputs:
                plain.graph.node.append(helper.make_node("Identity", [marks[node.input[0]][0]], node.output))
            continue
        plain.graph.node.append(node)
        plain.graph.node[-1].input[:] = read
    return plain, dict(marks.values())


def _constants(graph: onnx.GraphProto) -> dict[str, NDArray[Any]]:
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    given = [(node.output[0], one) for node in graph.node if node.op_type == "Constant" for one in node.attribute]
    return stored | {name: numpy_helper.to_array(one.t) for name, one in given if one.name == "value"}


def with_heights(grids: Mapping[str, Grid], model: onnx.ModelProto) -> dict[str, Grid]:
    """Return the grids with those of the values that the pass `height-one` gave a twin."""
    written = {name for node in model.graph.node for name in node.output}
    twins = {twin(name): grid for name, grid in grids.items() if twin(name) in written}
    return dict(grids) | twins


def layers_of(network: nn.Module, model: onnx.ModelProto, grids: Mapping[str, Grid]) -> set[str]:
    """Return the names of the weights of a network's layers in its graph, found by their values.

    Raises:
        QuantizationError: the graph lacks a layer of the network.
    """
    layers = (one for one in network.modules() if isinstance(one, QuantizedLayer))
    known = {_bytes(one.channels_first().detach().numpy()) for one in layers}
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found = {
        node.input[1]: _bytes(tensors[node.input[1]].T if is_turned(node) else tensors[node.input[1]])
        for node in model.graph.node
        if node.op_type in LAYERS and node.input[0] in grids and node.input[1] in tensors
    }
    if missing := len(known - set(found.values())):
        raise QuantizationError(f"The exported graph lacks {missing} of the network's {len(known)} layers.")
    return {name for name, key in found.items() if key in known}


def _bytes(weight: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(weight).tobytes()
