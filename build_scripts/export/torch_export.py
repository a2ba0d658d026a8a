"""PyTorch to ONNX: the one place that calls the exporters."""

import inspect
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from typing import Literal

import onnx
import torch
from torch import nn

from build_scripts.errors import ExportError
from build_scripts.export.adaptive_pooling import TRANSLATIONS
from build_scripts.export.causes import cause
from build_scripts.export.exporter_repairs import graphs_unprinted, loops_for_recurrence, masks_unread
from build_scripts.export.onnx_file import NEWEST_OPSET, OLDEST_OPSET
from build_scripts.networks.conditions import Inputs
from build_scripts.networks.user_code import user_code
from functions.core.models.manifest import CONDITIONS

OPSET = 20
INPUTS = ("signal", CONDITIONS)
AXES = ("batch", "channel", "length")

ExporterName = Literal["dynamo", "legacy"]
Length = Literal["free", "fixed"]


@dataclass(frozen=True)
class ExportOptions:
    """PyTorch's exporter and the opset: dynamo (torch.export), or legacy (TorchScript tracing).

    exporter: None tries dynamo, then legacy. length: whether the samples of an input are free or fixed at the window;
    None tries free, then fixed.
    """

    exporter: ExporterName | None = "dynamo"
    opset: int = OPSET
    length: Length | None = None

    @property
    def first(self) -> ExporterName:
        """The exporter that is tried first."""
        return self.exporter or "dynamo"

    @property
    def method(self) -> str:
        """Name of the exporter in a manifest."""
        return f"torch-{self.first}"


DEFAULT = ExportOptions()


def traced(
    network: nn.Module,
    example: torch.Tensor | Inputs,
    outputs: Sequence[str],
    dynamic: Sequence[int],
    options: ExportOptions = DEFAULT,
) -> onnx.ModelProto:
    """Trace a network with the input `signal` to ONNX, and the input `conditions` behind it where it takes some.

    Args:
        network: in evaluation mode.
        example: an input float32 [B, C, T], B and T above 1; or it and conditions of operation, float32 [B, K].
        outputs: names of the outputs, in order.
        dynamic: dimensions of the signal that stay free; the first of conditions and outputs stays so too.
        options: exporter and opset.

    Raises:
        ExportError: the network has an operator or a branch that ONNX cannot express, or the opset is not offered.
    """
    if not OLDEST_OPSET <= options.opset <= NEWEST_OPSET:
        raise ExportError(f"Opset {options.opset} is not offered: {OLDEST_OPSET} to {NEWEST_OPSET} are.")
    refusal = f"PyTorch's {options.first} exporter cannot export the network"
    with _quiet(), user_code(refusal, ExportError):
        try:
            inputs = example if isinstance(example, tuple) else (example,)
            return EXPORTERS[options.first](network, inputs, outputs, dynamic, options.opset)
        except torch.onnx.OnnxExporterError as error:
            raise ExportError(f"{refusal}: {cause(error)}.") from error


def _dynamo(
    network: nn.Module, inputs: Inputs, outputs: Sequence[str], dynamic: Sequence[int], opset: int
) -> onnx.ModelProto:
    # A named Dim for the length beside a free batch freezes the length silently; DYNAMIC keeps both.
    free = tuple(dict.fromkeys(axes, torch.export.Dim.DYNAMIC) for axes in (dynamic, (0,))[: len(inputs)])
    shapes = (free,) if _takes_any_number(network) else free
    # Dynamo gives up on a function that it has traced eight times in one process.
    torch.compiler.reset()
    with loops_for_recurrence(), masks_unread():
        program = torch.onnx.export(
            network,
            inputs,
            input_names=list(INPUTS[: len(inputs)]),
            output_names=list(outputs),
            dynamic_shapes=shapes,
            opset_version=opset,
            custom_translation_table=TRANSLATIONS,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ExportError("torch.onnx.export returned no program.")
    return program.model_proto


def _legacy(
    network: nn.Module, inputs: Inputs, outputs: Sequence[str], dynamic: Sequence[int], opset: int
) -> onnx.ModelProto:
    stream = io.BytesIO()
    free = {name: {axis: AXES[axis] for axis in axes} for name, axes in zip(INPUTS, (dynamic, (0,)), strict=True)}
    if holds_script(network):
        # The exporter takes a script inside of a network only in a trace of the whole.
        network = torch.jit.trace(network, inputs, check_trace=False)  # type: ignore[no-untyped-call]
    axes = {name: free[name] for name in INPUTS[: len(inputs)]} | {name: {0: AXES[0]} for name in outputs}
    with graphs_unprinted():
        torch.onnx.export(
            network,
            inputs,
            stream,  # type: ignore[arg-type]  # it takes streams, which its types lack
            input_names=list(INPUTS[: len(inputs)]),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=opset,
            dynamo=False,
        )
    return onnx.load_from_string(stream.getvalue())


def holds_script(network: nn.Module) -> bool:
    """Return whether a network is, or holds, a TorchScript program, which the legacy exporter alone takes."""
    return any(isinstance(module, torch.jit.ScriptModule) for module in network.modules())


def projected(network: nn.Module) -> str | None:
    """Return the name of an LSTM whose state is projected, which ONNX has no form of; None without one."""
    modules = network.named_modules()
    return next((name for name, module in modules if isinstance(module, nn.LSTM) and module.proj_size), None)


def needs_legacy(network: nn.Module) -> str | None:
    """Return the part of a network that the legacy exporter alone takes well, None without any.

    Of a plain RNN dynamo writes out every step, for one length; the legacy exporter writes one operator.
    """
    if holds_script(network):
        return "TorchScript"
    return "nn.RNN" if any(isinstance(module, nn.RNN) for module in network.modules()) else None


def _takes_any_number(network: nn.Module) -> bool:
    parameters = inspect.signature(network.forward).parameters.values()
    return any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters)


Exporter = Callable[[nn.Module, Inputs, Sequence[str], Sequence[int], int], onnx.ModelProto]
EXPORTERS: Mapping[ExporterName, Exporter] = {"dynamo": _dynamo, "legacy": _legacy}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what torch's exporters print of themselves, of what they fail at and of libraries that are missing."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        # Some of it is printed: the graph as far as it came.
        with redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
