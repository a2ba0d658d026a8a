"""The pass that takes the height of one away again: integer convolutions are as fast over one dimension.

Of 12 operators in a small network two were the Unsqueeze and the Squeeze around its region of height 1.
"""

import onnx
from onnx import AttributeProto, NodeProto, TensorProto, helper

from build_scripts.export.passes.region import ACTIVATIONS, ELEMENTWISE, LEADING, POOLS, is_plain

_SHAPED = POOLS | {"Conv"}
_FOLLOWING = _SHAPED | ACTIVATIONS | ELEMENTWISE | {"Concat"}
# The mark of the pass height-one on the values that it lifts.
_TWIN = "/height_one"


class OneDimension:
    """Rewrite convolutions of height 1, and what stands around them, as one-dimensional ones."""

    name = "one-dimension"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Return the rewritten model; where another operator reads a value of height 1, an equal copy."""
        rewritten = onnx.ModelProto()
        rewritten.CopyFrom(model)
        tall = _tall_values(model.graph)
        readers = [node for node in model.graph.node if tall.intersection(node.input)]
        if all(is_plain(node, _FOLLOWING) or _is_edge(node, "Squeeze") for node in readers):
            _lower(rewritten.graph, tall)
        return rewritten


def _tall_values(graph: onnx.GraphProto) -> set[str]:
    tall: set[str] = set()
    for node in graph.node:
        follows = is_plain(node, _FOLLOWING) and tall.intersection(node.input)
        if follows or _is_edge(node, "Unsqueeze"):
            tall.update(node.output)
    return tall


def _is_edge(node: NodeProto, operator: str) -> bool:
    value = node.output[0] if operator == "Unsqueeze" else node.input[0]
    return is_plain(node, {operator}) and value.endswith(_TWIN)


def _lower(graph: onnx.GraphProto, tall: set[str]) -> None:
    weights = {tensor.name: tensor for tensor in graph.initializer}
    outputs, renamed, nodes = {value.name for value in graph.output}, dict[str, str](), []
    for node in graph.node:
        follows = bool(tall.intersection(node.input)) and node.op_type != "Squeeze"
        node.input[:] = [renamed.get(name, name) for name in node.input]
        if follows:
            _lower_node(node, weights)
        if _is_edge(node, "Unsqueeze") or (node.op_type == "Squeeze" and not follows and node.input[0] in tall):
            if node.output[0] not in outputs:
                renamed[node.output[0]] = node.input[0]
                continue
            node.CopyFrom(helper.make_node("Identity", node.input[:1], node.output[:], node.name))
        nodes.append(NodeProto.FromString(node.SerializeToString()))
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)


def _lower_node(node: NodeProto, weights: dict[str, TensorProto]) -> None:
    for name in node.input:
        if name in weights and len(weights[name].dims) == 4:
            del weights[name].dims[2]
    for attribute in node.attribute if node.op_type in _SHAPED else ():
        _lower_attribute(attribute)


def _lower_attribute(attribute: AttributeProto) -> None:
    if attribute.name in LEADING:
        del attribute.ints[0]
    elif attribute.name == "pads":
        _, begin, _, end = attribute.ints
        attribute.ints[:] = [begin, end]
