"""A user's ONNX file in place of a PyTorch network, and its graph in the form of a package.

There is no PyTorch network to compare with: the file as it was given, run by onnxruntime, takes its place.
"""

from collections.abc import Sequence

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, helper
from torch import Tensor, nn

from build_scripts.errors import RecipeError
from build_scripts.export.causes import cause
from build_scripts.export.given_file import Reading, read_given
from build_scripts.export.passes.session import SESSION_ERRORS, session
from build_scripts.networks.layouts import TO_LAYOUT
from build_scripts.networks.logits import SMALLEST_PROBABILITY
from build_scripts.networks.trained import DISTANCE, LOGITS
from functions.core.models.manifest import CONDITIONS
from functions.core.preprocessing.arrays import Float32Array

METHOD = "given-onnx"
# Put before every name of the given graph, so that none equals a name of the package.
PREFIX = "given/"
# The first format of files whose constants are no inputs.
IR_VERSION = 4
AXIS, FLOOR = "package/axis", "package/floor"

# The operator that brings windows [B, C, T] into each layout, and its axis.
_OPERATORS = {"BCT": "Identity", "BTC": "Transpose", "BT": "Squeeze"}
_AXES = {"BT": 1, "BC1T": 2, "B1CT": 1, "BCT1": 3}


class GivenNetwork(nn.Module):
    """An ONNX file as a network: signal float32 [B, C, T] to logits float32 [B, K] and, where it has one, distance.

    Where the recipe has conditions of operation, they are a second input, float32 [B, conditions]. A file of a fixed
    batch is run once for each window.
    """

    def __init__(self, reading: Reading) -> None:
        """Read, check and load a file.

        Raises:
            RecipeError: a package cannot be made of it.
        """
        super().__init__()
        self.reading, self.file = reading, read_given(reading)
        self._names = [self.file.logits, *([self.file.distance] if self.file.distance else [])]
        try:
            self._session = session(self.file.model, "all")
        except SESSION_ERRORS as error:
            raise RecipeError(f"onnxruntime cannot load {reading.path}: {cause(error)}.") from error

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs of a package made of it."""
        return (LOGITS, DISTANCE) if self.file.distance else (LOGITS,)

    def forward(self, signal: Tensor, conditions: Tensor | None = None) -> Tensor | tuple[Tensor, ...]:
        """Return the logits and, where the file has it, the distance float32 [B].

        Raises:
            RecipeError: onnxruntime cannot run the file with this batch or length.
        """
        fed = {self.file.input.name: np.ascontiguousarray(TO_LAYOUT[self.file.layout](signal).numpy())}
        if self.file.conditions and conditions is not None:
            fed[self.file.conditions] = conditions.numpy()
        batches = zip(*(self._batches(values) for values in fed.values()), strict=True)
        try:
            parts = [self._session.run(self._names, dict(zip(fed, batch, strict=True))) for batch in batches]
        except SESSION_ERRORS as error:
            raise RecipeError(f"onnxruntime cannot run {self.reading.path.name}: {cause(error)}.") from error
        found = [torch.from_numpy(np.concatenate([part[place] for part in parts])) for place in range(len(self._names))]
        if self.reading.probabilities:
            found[0] = found[0].clamp_min(SMALLEST_PROBABILITY).log()
        return found[0] if len(found) == 1 else tuple(found)

    def _batches(self, windows: Float32Array) -> list[Float32Array]:
        if not self.file.fixed_batch:
            return [windows]
        if self.file.fixed_batch > 1:
            raise RecipeError(
                f"{self.reading.path} takes {self.file.fixed_batch} windows at once: export it with a free batch or 1."
            )
        return np.split(windows, len(windows))

    def graph(self, *, free: bool) -> onnx.ModelProto:
        """Return the file in the form of a package: its batch free, its length free or that of the window."""
        file = self.file
        model = onnx.compose.add_prefix(file.model, PREFIX, rename_nodes=False)
        # Older files list every constant among the inputs, where a caller may replace it: a package's are constant.
        model.ir_version = max(model.ir_version, IR_VERSION)
        graph, entry, rows = model.graph, f"{PREFIX}{file.input.name}", f"{PREFIX}{file.conditions}"
        second = [helper.make_node("Identity", [CONDITIONS], [rows])] if file.conditions else []
        nodes = [_entry(file.layout, entry), *second, *graph.node, *self._exits()]
        del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
        graph.node.extend(nodes)
        graph.initializer.append(helper.make_tensor(AXIS, TensorProto.INT64, [1], [_AXES.get(file.layout, 0)]))
        graph.initializer.append(helper.make_tensor(FLOOR, TensorProto.FLOAT, [], [SMALLEST_PROBABILITY]))
        length = "length" if free else self.reading.window
        graph.input.append(_value("signal", ["batch", self.reading.channels, length]))
        if file.conditions:
            graph.input.append(_value(CONDITIONS, ["batch", self.reading.conditions]))
        graph.output.extend(_value(name, ["batch", None][: 2 if name == LOGITS else 1]) for name in self.outputs)
        return model

    def _exits(self) -> list[NodeProto]:
        logits = f"{PREFIX}{self.file.logits}"
        nodes = [helper.make_node("Identity", [logits], [LOGITS])]
        if self.reading.probabilities:
            nodes = [
                helper.make_node("Max", [logits, FLOOR], [f"{PREFIX}{FLOOR}"]),
                helper.make_node("Log", [f"{PREFIX}{FLOOR}"], [LOGITS]),
            ]
        if self.file.distance:
            nodes.append(helper.make_node("Identity", [f"{PREFIX}{self.file.distance}"], [DISTANCE]))
        return nodes


def _entry(layout: str, name: str) -> NodeProto:
    if layout == "BTC":
        return helper.make_node("Transpose", ["signal"], [name], perm=[0, 2, 1])
    inputs = ["signal", AXIS] if layout in _AXES else ["signal"]
    return helper.make_node(_OPERATORS.get(layout, "Unsqueeze"), inputs, [name])


def _value(name: str, shape: Sequence[str | int | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
