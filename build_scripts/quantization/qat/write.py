"""The integer model: the float32 graph of a fake-quantized network with its own scales written into it."""

from collections.abc import Mapping

import numpy as np
import onnx
import torch
from onnx import NodeProto, helper, numpy_helper

from build_scripts.errors import QuantizationError
from build_scripts.quantization.qat.fake_quantize import ActivationQuantizer, QuantizedBlock


class QdqWriter:
    """Builds a copy of a graph in which each block's tensors pass QuantizeLinear and DequantizeLinear."""

    def __init__(self, model: onnx.ModelProto, blocks: Mapping[str, QuantizedBlock]) -> None:
        """Take a float32 model whose convolution weights are named `<block>.0.weight`."""
        self.model = onnx.ModelProto()
        self.model.CopyFrom(model)
        self._blocks = {f"{name}.0": block for name, block in blocks.items()}
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes: list[NodeProto] = []
        self._renamed: dict[str, str] = {}
        self._scales: dict[str, float] = {}

    def write(self) -> onnx.ModelProto:
        """Return the model with every block quantized.

        Raises:
            QuantizationError: the graph has no convolution for a block.
        """
        waiting: dict[str, QuantizedBlock] = {}
        for node in self.model.graph.node:
            name = node.input[1].removesuffix(".weight") if node.op_type == "Conv" else ""
            block = self._blocks.pop(name, None)
            if block is not None and block.input is not None:
                self._activation(node.input[0], block.input)
            original = node.input[0] if node.input else ""
            for index, value in enumerate(node.input):
                node.input[index] = self._renamed.get(value, value)
            if block is not None:
                waiting[node.output[0]] = block
                self._weights(node, block, self._scales[original])
            self._nodes.append(node)
            if node.op_type == "Relu" and original in waiting:
                self._activation(node.output[0], waiting[original].output)
        if self._blocks:
            raise QuantizationError(f"The graph has no convolution for {', '.join(self._blocks)}.")
        return self._finished()

    def _activation(self, value: str, quantizer: ActivationQuantizer) -> None:
        scale, zero_point = quantizer.grid()
        grid = (scale.numpy(), np.array(int(zero_point), np.uint8))
        names = [self._add(array, f"{value}_{what}") for array, what in zip(grid, ("scale", "zero_point"), strict=True)]
        counts, floats = f"{value}_counts", f"{value}_dequantized"
        self._nodes.append(helper.make_node("QuantizeLinear", [value, *names], [counts], f"{value}_quantize"))
        self._nodes.append(helper.make_node("DequantizeLinear", [counts, *names], [floats], f"{value}_dequantize"))
        self._renamed[value], self._scales[value] = floats, float(scale)

    def _weights(self, node: NodeProto, block: QuantizedBlock, input_scale: float) -> None:
        scale = block.weight_scale()
        with torch.no_grad():
            weight = torch.round(block.convolution.weight / scale[:, None, None, None]).clamp(-block.limit, block.limit)
            bias = torch.zeros(len(scale)) if block.convolution.bias is None else block.convolution.bias
        sums = np.rint(bias.detach().double().numpy() / (input_scale * scale.double().numpy()))
        layer = node.input[1].removesuffix(".weight")
        # The exporter drops a bias of zeros, so the inputs are written anew.
        del node.input[1:], self._tensors[f"{layer}.weight"]
        self._tensors.pop(f"{layer}.bias", None)
        node.input.append(self._constant(weight.numpy().astype(np.int8), scale.numpy(), f"{layer}.weight"))
        bias_scale = scale.numpy() * np.float32(input_scale)
        node.input.append(self._constant(sums.astype(np.int32), bias_scale, f"{layer}.bias"))

    def _constant(self, counts: np.ndarray, scale: np.ndarray, name: str) -> str:
        zeros = self._add(np.zeros(len(scale), counts.dtype), f"{name}_zero_point")
        inputs = [self._add(counts, f"{name}_counts"), self._add(scale, f"{name}_scale"), zeros]
        floats = f"{name}_dequantized"
        self._nodes.append(helper.make_node("DequantizeLinear", inputs, [floats], f"{name}_dequantize", axis=0))
        return floats

    def _add(self, array: np.ndarray, name: str) -> str:
        self._tensors[name] = numpy_helper.from_array(array, name)
        return name

    def _finished(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes,
            self.model.graph.name,
            self.model.graph.input,
            self.model.graph.output,
            [*self._tensors.values()],
        )
        self.model.graph.CopyFrom(graph)
        return self.model
