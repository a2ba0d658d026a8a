"""The pass that gives one-dimensional convolutions a height of one.

onnxruntime's fast convolution kernels (NCHWc) take two dimensions and skip the 1-D operator. A Conv over
[N, C, L] is the same as one over [N, C, 1, L] with a kernel of height 1, and so are the poolings, the
activations and the sums around it: they follow, so that a tensor changes its rank only where a region of
them begins and ends. Unsqueeze and Squeeze copy nothing in onnxruntime.
"""

import onnx
from onnx import TensorProto, helper

from build_scripts.export.causes import cause
from build_scripts.export.passes.region import AXES, Region, is_flat_convolution, names_read
from build_scripts.export.passes.sequence import PassFailed

MIN_OPSET = 13


class HeightOne:
    """Rewrite 1-D convolutions, and the pools, activations and sums around them, as 2-D of height 1."""

    name = "height-one"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Return the rewritten model; one without 1-D convolutions comes back as an equal copy.

        Raises:
            PassFailed: shapes cannot be inferred, or the opset is below 13.
        """
        rewritten = onnx.ModelProto()
        rewritten.CopyFrom(model)
        ranks = self._ranks(model)
        if not any(is_flat_convolution(node, ranks) for node in model.graph.node):
            return rewritten
        opset = next(entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"})
        if opset < MIN_OPSET:
            raise PassFailed(self.name, f"the model has opset {opset}, at least {MIN_OPSET} is needed.")
        _rewrite(rewritten.graph, ranks)
        return rewritten

    def _ranks(self, model: onnx.ModelProto) -> dict[str, int]:
        try:
            graph = onnx.shape_inference.infer_shapes(model).graph
        except onnx.shape_inference.InferenceError as error:
            raise PassFailed(self.name, f"shapes cannot be inferred: {cause(error)}.") from error
        values = {
            value.name: len(value.type.tensor_type.shape.dim)
            for value in (*graph.input, *graph.value_info, *graph.output)
            if value.type.tensor_type.HasField("shape")
        }
        return values | {tensor.name: len(tensor.dims) for tensor in graph.initializer}


def _rewrite(graph: onnx.GraphProto, ranks: dict[str, int]) -> None:
    fed = {value.name for value in graph.input}
    region = Region(ranks, {tensor.name: tensor for tensor in graph.initializer if tensor.name not in fed})
    for node in graph.node:
        region.take(node)
    for value in graph.output:
        region.lower(value.name)
    del graph.node[:], graph.value_info[:]
    graph.node.extend(region.nodes)
    read = {name for node in region.nodes for name in names_read(node)} | {value.name for value in graph.output}
    kept = [*graph.initializer, *region.weights.values(), helper.make_tensor(AXES, TensorProto.INT64, [1], [2])]
    del graph.initializer[:]
    graph.initializer.extend(tensor for tensor in kept if tensor.name in read | fed)
