"""The region of a graph whose values have a height of one, as it grows node by node."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from onnx import AttributeProto, NodeProto, TensorProto, helper

AXES = "height_one/axes"
POOLS = {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool", "GlobalLpPool"}
ACTIVATIONS = {
    *("Relu", "LeakyRelu", "Elu", "Celu", "Selu", "Gelu", "Mish", "Softplus", "Softsign", "Sigmoid", "HardSigmoid"),
    *("HardSwish", "Tanh", "Erf", "Abs", "Neg", "Exp", "Sqrt", "Identity", "Clip", "BatchNormalization"),
}
ELEMENTWISE = {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"}
# Values that stand before that of the one dimension: a height of 1, moved by 1, with nothing around it.
LEADING = {"kernel_shape": 1, "strides": 1, "dilations": 1}


def is_plain(node: NodeProto, types: set[str]) -> bool:
    """Return whether a node is a standard ONNX operator of one of the types."""
    return node.domain in {"", "ai.onnx"} and node.op_type in types


def is_flat_convolution(node: NodeProto, ranks: Mapping[str, int]) -> bool:
    """Return whether a node is a 1-D convolution, by the rank of its signal or of its weight."""
    return is_plain(node, {"Conv"}) and any(ranks.get(name) == 3 for name in node.input[:2])


def names_read(node: NodeProto) -> Iterator[str]:
    """Yield the values a node reads, those read inside of its own graphs (If, Loop) included."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            yield from (name for inner in graph.node for name in names_read(inner))
            yield from (value.name for value in graph.output)


@dataclass
class Region:
    """The new nodes, and which values have a twin of height 1 so far."""

    ranks: dict[str, int]
    initializers: dict[str, TensorProto]
    nodes: list[NodeProto] = field(default_factory=list)
    lifted: set[str] = field(default_factory=set)
    flat: set[str] = field(default_factory=set)
    weights: dict[str, TensorProto] = field(default_factory=dict)

    def take(self, node: NodeProto) -> None:
        """Add a node, of height 1 where it belongs to the region."""
        if is_flat_convolution(node, self.ranks):
            self._add(node, [self._lift(name) for name in node.input[:2]] + node.input[2:])
        elif self._follows(node):
            # Scalars and the parameters of a batch normalisation have no rank of 3 and stay.
            self._add(node, [self._lift(name) if self._rank(name) == 3 else name for name in node.input])
        else:
            for name in names_read(node):
                self.lower(name)
            self.nodes.append(node)

    def _follows(self, node: NodeProto) -> bool:
        """Return whether a node gives the same with a height of 1, and one of its inputs has it already."""
        if len(node.output) > 1 or not self.lifted.intersection(node.input):
            return False
        if is_plain(node, POOLS | ACTIVATIONS):
            return True
        ranks = [self._rank(name) for name in node.input]
        if is_plain(node, {"Concat"}):
            return all(rank == 3 for rank in ranks) and _integer(node, "axis") in {-1, 0, 1}
        return is_plain(node, ELEMENTWISE) and all(rank in {0, 1, 3} for rank in ranks)

    def _rank(self, name: str) -> int | None:
        return 3 if name in self.lifted else self.ranks.get(name)

    def _add(self, node: NodeProto, inputs: list[str]) -> None:
        tall = NodeProto()
        tall.CopyFrom(node)
        tall.input[:] = inputs
        tall.output[:] = [twin(name) for name in node.output]
        for attribute in tall.attribute if is_plain(node, POOLS | {"Conv"}) else ():
            _heighten(attribute)
        self.nodes.append(tall)
        self.lifted.update(node.output)

    def _lift(self, name: str) -> str:
        if name not in self.lifted:
            if name in self.initializers:
                self.weights[name] = _tall(self.initializers[name])
            else:
                self.nodes.append(helper.make_node("Unsqueeze", [name, AXES], [twin(name)]))
            self.lifted.add(name)
            self.flat.add(name)
        return twin(name)

    def lower(self, name: str) -> None:
        """Make sure that a value can be read with its own rank."""
        if name in self.lifted - self.flat:
            self.nodes.append(helper.make_node("Squeeze", [twin(name), AXES], [name]))
            self.flat.add(name)


def twin(name: str) -> str:
    """Return the name of a value's twin of height 1."""
    return f"{name}/height_one"


def _tall(flat: TensorProto) -> TensorProto:
    tensor = TensorProto()
    tensor.CopyFrom(flat)
    tensor.name = twin(flat.name)
    tensor.dims.insert(2, 1)
    return tensor


def _heighten(attribute: AttributeProto) -> None:
    if attribute.name in LEADING:
        attribute.ints.insert(0, LEADING[attribute.name])
    elif attribute.name == "pads":
        begin, end = attribute.ints
        attribute.ints[:] = [0, begin, 0, end]


def _integer(node: NodeProto, name: str) -> int:
    return int(next(attribute.i for attribute in node.attribute if attribute.name == name))
