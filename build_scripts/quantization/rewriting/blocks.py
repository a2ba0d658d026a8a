"""The pass that feeds a strided first convolution with blocks: the samples of one stride as channels.

onnxruntime's integer convolution gathers what a kernel covers channel by channel. Of a signal of one channel that is
one byte at a time, and the first layer of a network over a raw signal is the one with the long kernel: with blocks a
first layer of kernel 63 and stride 8 took two thirds of its time.
"""

import math
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

SHAPE = "signal_blocks_shape"


@dataclass(frozen=True)
class Blocks:
    """Rewrite strided convolutions of the model's input, one channel of `window` samples, as ones over blocks.

    A free length of the input becomes the window: another length need not be a number of whole blocks.
    """

    window: int
    name: str = "blocks"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Return the rewritten model; one without such a convolution comes back as an equal copy."""
        rewritten = onnx.ModelProto()
        rewritten.CopyFrom(model)
        weights = {tensor.name: tensor for tensor in rewritten.graph.initializer}
        for node in list(rewritten.graph.node):
            if node.op_type == "Conv" and node.input[0] == rewritten.graph.input[0].name:
                _rewrite(rewritten.graph, node, weights, self.window)
        return rewritten


def _rewrite(graph: onnx.GraphProto, node: NodeProto, weights: dict[str, TensorProto], window: int) -> None:
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    stride, tensor = (attributes.get("strides") or [1])[0], weights.get(node.input[1])
    plain = attributes.get("dilations", [1]) == [1] and attributes.get("auto_pad", b"NOTSET") == b"NOTSET"
    if tensor is None or len(tensor.dims) != 3 or tensor.dims[1] != 1 or stride == 1 or window % stride or not plain:
        return
    kernel, (before, after) = tensor.dims[2], attributes.get("pads", [0, 0])
    left = math.ceil(before / stride)
    lead = left * stride - before
    taps = math.ceil((lead + kernel) / stride)
    # As many answers as before; blocks that no answer reads would need a negative padding.
    right = (window + before + after - kernel) // stride + taps - left - window // stride
    if right < 0:
        return
    name = f"{tensor.name}_blocks"
    graph.initializer.append(
        numpy_helper.from_array(_by_block(numpy_helper.to_array(tensor), lead, taps, stride), name)
    )
    _feed(graph, node, stride, name)
    del node.attribute[:]
    shape = {"kernel_shape": [taps], "strides": [1], "dilations": [1], "pads": [left, right], "group": 1}
    node.attribute.extend(helper.make_attribute(key, value) for key, value in shape.items())
    graph.input[0].type.tensor_type.shape.dim[2].dim_value = window


def _by_block(weights: np.ndarray, lead: int, taps: int, stride: int) -> np.ndarray:
    """Return weights [K, 1, kernel], behind `lead` zeros, as [K, stride, taps]."""
    wide = np.zeros((len(weights), taps * stride), np.float32)
    wide[:, lead : lead + weights.shape[2]] = weights[:, 0]
    return np.ascontiguousarray(wide.reshape(-1, taps, stride).transpose(0, 2, 1))


def _feed(graph: onnx.GraphProto, node: NodeProto, stride: int, weight: str) -> None:
    shape, cut, blocks = f"{weight}_{SHAPE}", f"{weight}_cut", f"{weight}_signal"
    graph.initializer.append(numpy_helper.from_array(np.array([0, -1, stride], np.int64), shape))
    place = next(index for index, one in enumerate(graph.node) if one.output[0] == node.output[0])
    graph.node.insert(place, helper.make_node("Transpose", [cut], [blocks], blocks, perm=[0, 2, 1]))
    graph.node.insert(place, helper.make_node("Reshape", [node.input[0], shape], [cut], cut))
    rewritten = graph.node[place + 2]
    rewritten.input[0], rewritten.input[1] = blocks, weight
