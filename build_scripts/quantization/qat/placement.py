"""Places of rounding: before every integer layer, behind every convolution; reshaped values keep their grid."""

from collections import Counter
from dataclasses import dataclass

from torch import Tensor, fx, nn

from build_scripts.errors import QuantizationError
from build_scripts.quantization.qat.fake_quantize import ActivationQuantizer
from build_scripts.quantization.qat.graph import operator_graph
from build_scripts.quantization.qat.layers import (
    CONVOLUTIONS,
    LINEAR,
    aten,
    found_layers,
    layer_name,
    quantized_layer,
    replace_parameters,
)
from build_scripts.quantization.qat.prepare import AwareConfig, require_bits

# Operators that onnxruntime fuses into the layer before them: a range that begins at zero, or ends where theirs does,
# cuts values as they do.
RELU = frozenset(
    {aten.relu.default, aten.relu_.default, aten.relu6.default, aten.hardtanh.default, aten.hardtanh_.default}
)
# Operators whose results lie on the grid of their input.
KEEPING = frozenset(
    {
        *(
            aten.view.default,
            aten.reshape.default,
            aten.flatten.using_ints,
            aten.unflatten.int,
            aten.contiguous.default,
        ),
        *(aten.transpose.int, aten.permute.default, aten.squeeze.default, aten.squeeze.dim, aten.squeeze.dims),
        *(aten.unsqueeze.default, aten.slice.Tensor, aten.select.int, aten.clone.default, aten.dropout.default),
        *(aten.max_pool1d.default, aten.max_pool2d.default, aten.alias.default, aten.detach_.default),
    }
)
# Layers with weights that stay in float32, by the name a report gives them.
FLOATING = {
    aten.lstm.input: "LSTM",
    aten.gru.input: "GRU",
    aten.rnn_tanh.input: "RNN",
    aten.rnn_relu.input: "RNN",
    aten.scaled_dot_product_attention.default: "attention",
    aten.matmul.default: "matrix product",
    aten.bmm.default: "matrix product",
    aten.linear.default: "small linear layer",
    aten.batch_norm.default: "batch normalisation",
    aten.conv_transpose1d.default: "transposed convolution",
    aten.conv_transpose2d.input: "transposed convolution",
}


@dataclass(frozen=True)
class AwareNetwork:
    """A network with its rounding in it, the names of the layers that will run in integers, and what stays float32."""

    network: fx.GraphModule
    layers: tuple[str, ...]
    floating: dict[str, int]


def aware_network(network: nn.Module, example: Tensor, config: AwareConfig, *, free_length: bool) -> AwareNetwork:
    """Return a network that rounds the weights, inputs and results of its layers as integer operators will.

    The given network stays as it is. Batch normalisation behind a layer is folded into it. Convolutions and linear
    layers count; recurrent layers, products of activations and the rest stay float32.

    Args:
        network: in evaluation mode, with one input and tensors as outputs.
        example: an input float32 [B, C, T], B and T above 1.
        config: bits and momentum.
        free_length: T may differ from the example's.

    Raises:
        QuantizationError: bits other than 7 or 8, a network that cannot be traced, or one without such a layer.
    """
    require_bits(config.bits)
    module = operator_graph(network, example, free_length=free_length)
    placer = _Placer(module, config)
    names = placer.place()
    if not names:
        raise QuantizationError("The network has no convolution and no large linear layer that integers could run.")
    floating = Counter(FLOATING[node.target] for node in placer.left() if node.target in FLOATING)
    return AwareNetwork(fx.GraphModule(module, module.graph).eval(), names, dict(floating))


class _Placer:
    def __init__(self, module: fx.GraphModule, config: AwareConfig) -> None:
        self._module, self._config = module, config
        self._modules: dict[tuple[object, ...], str] = {}
        # The quantizer that each rounded value comes from.
        self._grids: dict[fx.Node, str] = {}
        self._layers: set[fx.Node] = set()

    def place(self) -> tuple[str, ...]:
        found = [*found_layers(self._module)]
        for layer in found:
            if layer.key not in self._modules:
                parameters = quantized_layer(self._module, layer, self._config.bits)
                self._modules[layer.key] = self._add("layer", parameters)
            replace_parameters(self._module, layer, self._modules[layer.key])
            self._layers.add(layer.node)
            self._round_input(layer.node)
            self._round_result(layer.node)
        return tuple(dict.fromkeys(layer_name(layer.node) for layer in found))

    def left(self) -> list[fx.Node]:
        return [node for node in self._module.graph.nodes if node not in self._layers]

    def _round_input(self, layer: fx.Node) -> None:
        value = layer.args[0]
        assert isinstance(value, fx.Node)  # noqa: S101 - the input of a layer is no number
        if value in self._grids:
            return
        self._round(value, self._grid_of(value), whole=value.op != "placeholder")

    def _round_result(self, layer: fx.Node) -> None:
        """Round what a layer gives, behind a ReLU that alone reads it: the two run as one.

        A linear layer without a ReLU may give float32: its integer operator can.
        """
        users = [*layer.users]
        alone = len(users) == 1 and users[0].target in RELU
        if alone or layer.target in CONVOLUTIONS:
            self._round(users[0] if alone else layer, None, whole=True, outputs=True)

    def _grid_of(self, value: fx.Node) -> str | None:
        while value not in self._grids and value.target in KEEPING and isinstance(value.args[0], fx.Node):
            value = value.args[0]
        return self._grids.get(value)

    def _round(self, value: fx.Node, quantizer: str | None, *, whole: bool, outputs: bool = False) -> None:
        """Put a quantizer behind a value: a new one, or a second time the one whose grid the value is on.

        All that read the value read the rounded one, but outputs of the network unless `outputs`; unless `whole` only
        layers do, and what keeps a grid.
        """
        graph = self._module.graph
        name = quantizer or self._add("grid", ActivationQuantizer(self._config.momentum))
        with graph.inserting_after(value):
            rounded = graph.call_module(name, (value,), {"observe": quantizer is None})
        self._grids[rounded] = name

        def reads_rounded(user: fx.Node) -> bool:
            if user is rounded or (user.op == "output" and not outputs):
                return False
            return whole or user.target in CONVOLUTIONS | LINEAR | KEEPING

        value.replace_all_uses_with(rounded, delete_user_cb=reads_rounded)

    def _add(self, kind: str, module: nn.Module) -> str:
        name = f"{kind}_{sum(one.startswith(kind) for one, _ in self._module.named_children())}"
        self._module.add_submodule(name, module)
        return name
