"""The convolutions and linear layers of a graph of operators, batch normalisation folded into them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, fx

from build_scripts.quantization.qat.fake_quantize import QuantizedLayer
from build_scripts.quantization.qat.graph import constant

aten = torch.ops.aten
CONVOLUTIONS = frozenset(
    {aten.conv1d.default, aten.conv1d.padding, aten.conv2d.default, aten.conv2d.padding},
)
LINEAR = aten.linear.default
# A linear layer of fewer weights, as a head has, takes no time that integers could save.
FEWEST_WEIGHTS = 1024


@dataclass(frozen=True)
class FoundLayer:
    """A layer's node, its constant parameters, and the batch normalisation behind it that they already contain."""

    node: fx.Node
    weight: Tensor
    bias: Tensor | None
    folded: fx.Node | None = None

    @property
    def value(self) -> fx.Node:
        """The node that gives the layer's result."""
        return self.folded or self.node

    @property
    def key(self) -> tuple[object, ...]:
        """What layers have in common whose parameters are the same ones."""
        return (*self.node.args[1:3], *(self.folded.args[1:] if self.folded else ()))


def found_layers(module: fx.GraphModule) -> Iterator[FoundLayer]:
    """Yield the layers that integers can run, in the order in which they run."""
    for node in module.graph.nodes:
        if node.target in CONVOLUTIONS or node.target is LINEAR:
            weight = constant(module, node.args[1])
            bias = constant(module, node.args[2] if len(node.args) > 2 else None)
            if weight is not None and (node.target in CONVOLUTIONS or weight.numel() >= FEWEST_WEIGHTS):
                yield _folded(module, FoundLayer(node, weight, bias))


def replace_parameters(module: fx.GraphModule, layer: FoundLayer, name: str) -> None:
    """Let a layer read its parameters from the `QuantizedLayer` of that name, and leave out its normalisation."""
    holder = module.get_submodule(name)
    assert isinstance(holder, QuantizedLayer)  # noqa: S101 - put there by the caller; mypy cannot see it
    with module.graph.inserting_before(layer.node):
        weight = module.graph.call_module(name)
        bias = None if holder.bias is None else module.graph.get_attr(f"{name}.bias")
    layer.node.args = (layer.node.args[0], weight, bias, *layer.node.args[3:])
    if layer.folded is not None:
        layer.folded.replace_all_uses_with(layer.node)
        module.graph.erase_node(layer.folded)


def layer_name(node: fx.Node) -> str:
    """Return the name of the module that a node was traced in, or the node's own."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [path for path, _ in stack.values() if path]
    return paths[-1] if paths else node.name


def _folded(module: fx.GraphModule, layer: FoundLayer) -> FoundLayer:
    """Fold the batch normalisation that alone reads a layer: gamma / sqrt(variance + epsilon) scales its weights."""
    users = [*layer.node.users]
    if len(users) != 1 or users[0].target is not aten.batch_norm.default or users[0].args[5]:
        return layer
    gamma, beta, mean, variance = (constant(module, one) for one in users[0].args[1:5])
    if mean is None or variance is None or not _of_channels(layer.node):
        return layer
    factor = (variance + users[0].args[7]).rsqrt() * (1.0 if gamma is None else gamma)
    weight = layer.weight * factor.reshape(-1, *[1] * (layer.weight.dim() - 1))
    shift = -mean if layer.bias is None else layer.bias - mean
    return FoundLayer(layer.node, weight, shift * factor + (0.0 if beta is None else beta), users[0])


def _of_channels(node: fx.Node) -> bool:
    """Return whether dimension 1 of a layer's result is that of its channels: not so of a linear layer over tokens."""
    return node.target in CONVOLUTIONS or node.meta["val"].dim() == 2
