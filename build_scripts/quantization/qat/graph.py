"""A network as a graph of PyTorch's own operators, in whatever modules or functions its layers are written."""

import operator
import warnings
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.node import map_arg

from build_scripts.errors import BuildError, QuantizationError
from build_scripts.networks.user_code import user_code


class _OneInput(nn.Module):
    """A network as one of one input: torch.export takes what it may take beside it for a second."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, signal: Tensor) -> object:
        """Return what the network gives."""
        return self.network(signal)


def operator_graph(network: nn.Module, example: Tensor, *, free_length: bool) -> fx.GraphModule:
    """Trace a network in evaluation mode to a graph module that computes the same and can be trained.

    Args:
        network: takes one tensor.
        example: an input float32 [B, C, T], B and T above 1.
        free_length: T may differ from the example's.

    Raises:
        QuantizationError: torch.export cannot trace the network.
    """
    free = (0, 2) if free_length else (0,)
    # The second way of tracing reads the code itself: `len(signal)` does not freeze the batch there.
    try:
        program = _exported(network, example, free, strict=False)
    except BuildError:
        program = _exported(network, example, free, strict=True)
    module = program.module(check_guards=False)
    return _plain(fx.GraphModule(module, module.graph))


def _plain(module: fx.GraphModule) -> fx.GraphModule:
    """Let a traced graph give a tensor, or a tuple of them, without the description of nested outputs around it."""
    (output,) = module.graph.find_nodes(op="output")
    values = tuple(output.args[0])
    output.args = (values[0] if len(values) == 1 else values,)
    module.graph.set_codegen(fx.graph.CodeGen())
    module.recompile()
    return module


def _exported(
    network: nn.Module, example: Tensor, free: tuple[int, ...], *, strict: bool
) -> torch.export.ExportedProgram:
    shapes = (dict.fromkeys(free, torch.export.Dim.DYNAMIC),)
    doing = "Quantization-aware training traces a network by torch.export, which fails"
    with warnings.catch_warnings(), user_code(doing, QuantizationError):
        warnings.simplefilter("ignore", UserWarning)
        return torch.export.export(_OneInput(network).eval(), (example,), dynamic_shapes=shapes, strict=strict)


def constant(module: fx.GraphModule, node: object) -> Tensor | None:
    """Return the value of a node that depends on parameters and buffers alone, None if the input decides it too."""
    if not isinstance(node, fx.Node) or any(one.op in {"placeholder", "call_module"} for one in _sources(node)):
        return None
    value = _value(module, node)
    return value if isinstance(value, Tensor) else None


def is_learned(module: fx.GraphModule, node: object) -> bool:
    """Return whether a constant node is made of parameters, not of buffers alone."""
    sources = _sources(node) if isinstance(node, fx.Node) else set()
    held = (operator.attrgetter(str(one.target))(module) for one in sources if one.op == "get_attr")
    return any(isinstance(one, nn.Parameter) for one in held)


def _sources(node: fx.Node) -> set[fx.Node]:
    found, waiting = {node}, [node]
    while waiting:
        new = set(waiting.pop().all_input_nodes) - found
        found |= new
        waiting += new
    return found


def _value(module: fx.GraphModule, node: fx.Node) -> Any:
    if node.op == "get_attr":
        return operator.attrgetter(str(node.target))(module)
    arguments, named = map_arg((node.args, node.kwargs), lambda one: _value(module, one))
    assert callable(node.target)  # noqa: S101 - what is neither input, attribute nor module is a function
    with torch.no_grad():
        return node.target(*arguments, **named)
