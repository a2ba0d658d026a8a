"""The convolutions and linear layers of a graph of operators, batch normalisation folded into them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, fx

from build_scripts.quantization.qat.fake_quantize import QuantizedLayer
from build_scripts.quantization.qat.graph import constant, is_learned

aten = torch.ops.aten
CONVOLUTIONS = frozenset(
    {aten.conv1d.default, aten.conv1d.padding, aten.conv2d.default, aten.conv2d.padding},
)
# A product with a constant matrix is a linear layer whose weights are stored as [inputs, channels].
PRODUCTS = frozenset({aten.matmul.default, aten.mm.default})
LINEAR = frozenset({aten.linear.default}) | PRODUCTS
MODULES = frozenset({"Conv1d", "Conv2d", "Linear"})
# A linear layer of fewer weights, as a head has, takes no time that integers could save.
FEWEST_WEIGHTS = 1024


@dataclass(frozen=True)
class FoundLayer:
    """A layer's node, its constant parameters, and the batch normalisation behind it that they already contain.

    weight: float32 [channels, ...]; bias: float32 [channels].
    """

    node: fx.Node
    weight: Tensor
    bias: Tensor | None
    folded: fx.Node | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Identity of a layer's parameters: equal for layers that share them."""
        return (self.node.target in PRODUCTS, *self.node.args[1:3], *(self.folded.args[1:] if self.folded else ()))


def found_layers(module: fx.GraphModule) -> Iterator[FoundLayer]:
    """Yield the layers that integers can run, in the order in which they run."""
    for node in module.graph.nodes:
        weight = constant(module, node.args[1]) if node.target in CONVOLUTIONS | LINEAR else None
        if weight is not None and (node.target in CONVOLUTIONS or _is_large(weight)):
            bias = constant(module, node.args[2]) if len(node.args) > 2 else None
            yield _folded(module, FoundLayer(node, weight.T if node.target in PRODUCTS else weight, bias))


def replace_parameters(module: fx.GraphModule, layer: FoundLayer, name: str) -> None:
    """Let a layer read its parameters from the `QuantizedLayer` of that name, and leave out its normalisation."""
    holder = module.get_submodule(name)
    assert isinstance(holder, QuantizedLayer)  # noqa: S101 - put there by the caller; mypy cannot see it
    with module.graph.inserting_before(layer.node):
        weight = module.graph.call_module(name)
        bias = None if holder.bias is None else module.graph.get_attr(f"{name}.bias")
    rest = () if layer.node.target in PRODUCTS else (bias, *layer.node.args[3:])
    layer.node.args = (layer.node.args[0], weight, *rest)
    if layer.folded is not None:
        layer.folded.replace_all_uses_with(layer.node)
        module.graph.erase_node(layer.folded)


def quantized_layer(module: fx.GraphModule, layer: FoundLayer, bits: int) -> QuantizedLayer:
    """Return the parameters of a layer with their rounding; what came from a buffer is not trained."""
    turned = layer.node.target in PRODUCTS
    return QuantizedLayer(layer.weight, layer.bias, bits, turned=turned, trained=is_learned(module, layer.node.args[1]))


def layer_name(node: fx.Node) -> str:
    """Return the name of the module that is a layer, or that of a call together with the module it is written in."""
    stack = [*(node.meta.get("nn_module_stack") or {}).values()]
    path, kind = stack[-1] if stack else ("", "")
    is_layer = str(kind).rpartition(".")[2].strip("'>") in MODULES
    # Every network is traced as the part `network` of another.
    return (path if is_layer else f"{path}.{node.name}").removeprefix("network.")


def _folded(module: fx.GraphModule, layer: FoundLayer) -> FoundLayer:
    """Fold the batch normalisation that alone reads a layer: gamma / sqrt(variance + epsilon) scales its weights."""
    users = [*layer.node.users]
    if len(users) != 1 or users[0].target is not aten.batch_norm.default or users[0].args[5]:
        return layer
    gamma, beta, mean, variance = (constant(module, one) for one in users[0].args[1:5])
    epsilon = users[0].args[7]
    if mean is None or variance is None or not isinstance(epsilon, float) or not _of_channels(layer.node):
        return layer
    factor = (variance + epsilon).rsqrt() * (1.0 if gamma is None else gamma)
    weight = layer.weight * factor.reshape(-1, *[1] * (layer.weight.dim() - 1))
    shift = -mean if layer.bias is None else layer.bias - mean
    return replace(layer, weight=weight, bias=shift * factor + (0.0 if beta is None else beta), folded=users[0])


def _is_large(weight: Tensor) -> bool:
    return weight.dim() == 2 and weight.numel() >= FEWEST_WEIGHTS


def _of_channels(node: fx.Node) -> bool:
    """Return whether dimension 1 of a layer's result is that of its channels: not so of a linear layer over tokens."""
    return node.target in CONVOLUTIONS or (node.target not in PRODUCTS and node.meta["val"].dim() == 2)
