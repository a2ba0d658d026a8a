"""Read a user's ONNX file: its inputs and outputs, and whether a package can be made of it."""

from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import TensorProto

from build_scripts.errors import DataError, RecipeError
from build_scripts.export.onnx_file import NEWEST_OPSET, OLDEST_OPSET, load_model, require_valid
from build_scripts.networks.layouts import layouts
from build_scripts.networks.trained import DISTANCE, LOGITS
from functions.core.models.manifest import CONDITIONS

DOMAINS = {"", "ai.onnx", "com.microsoft"}
HALVES = {TensorProto.FLOAT16, TensorProto.BFLOAT16}
QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "QLinear", "Integer", "DynamicQuantize")


@dataclass(frozen=True)
class Reading:
    """Options of reading a file: its path, the package's channels and window, the output, whether it is probabilities.

    conditions: of operation that it takes as a second input, float32 [B, conditions]; 0: it takes the signal alone.
    """

    path: Path
    channels: int
    window: int
    output: str | int | None = None
    probabilities: bool = False
    conditions: int = 0


@dataclass(frozen=True)
class GivenFile:
    """A float32 model, the value it is fed with, the layout of that, and which outputs are logits and distance.

    conditions: the name of its second input, where it takes conditions of operation.
    """

    model: onnx.ModelProto
    input: onnx.ValueInfoProto
    layout: str
    logits: str
    distance: str | None
    conditions: str | None = None

    @property
    def fixed_batch(self) -> int:
        """Number of windows the file takes at once; 0 where it is free."""
        return _sizes(self.input)[0] or 0

    @property
    def fixed_length(self) -> bool:
        """Whether the file takes windows of one length alone."""
        return _sizes(self.input)[self.layout.index("T")] is not None


def read_given(reading: Reading) -> GivenFile:
    """Read an ONNX file.

    Raises:
        RecipeError: it is no ONNX file, is quantized already, or its input, outputs or operators are none that a
            package can have.
    """
    path = reading.path
    if not path.is_file():
        raise RecipeError(f"There is no file {path}.")
    try:
        model = load_model(path)
        _require_float(model, path)
        require_valid(model, path)
    except DataError as error:
        raise RecipeError(str(error)) from error
    model = _converted(model, path)
    value, conditions = _inputs(model, reading)
    names = [one.name for one in model.graph.output]
    logits = _chosen(names, reading)
    distance = DISTANCE if DISTANCE in set(names) - {logits} else None
    return GivenFile(model, value, _layout(value, reading), logits, distance, conditions)


def _converted(model: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    if foreign := sorted(
        {node.domain for node in model.graph.node} - DOMAINS - {one.domain for one in model.functions}
    ):
        raise RecipeError(f"{path} has operators of {foreign[0]}, which a package cannot have; export it without them.")
    opset = next((entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}), OLDEST_OPSET)
    if opset > NEWEST_OPSET:
        raise RecipeError(
            f"{path} has opset {opset}; {OLDEST_OPSET} to {NEWEST_OPSET} can be served: export it with one."
        )
    if opset >= OLDEST_OPSET:
        return model
    try:
        return onnx.version_converter.convert_version(model, OLDEST_OPSET)
    except (RuntimeError, onnx.version_converter.ConvertError) as error:
        raise RecipeError(
            f"{path} has opset {opset}, and onnx cannot convert it to {OLDEST_OPSET}: "
            "export it with that opset or a newer one."
        ) from error


def _require_float(model: onnx.ModelProto, path: Path) -> None:
    found = [
        node.op_type
        for node in model.graph.node
        if node.op_type.startswith(QUANTIZED) or node.op_type.endswith("Integer")
    ]
    if found:
        raise RecipeError(f"{path} is quantized already ({found[0]}); give the float32 file it was made from.")
    halves = {tensor.name for tensor in model.graph.initializer if tensor.data_type in HALVES}
    if any(halves & set(node.input) for node in model.graph.node if node.op_type != "Cast"):
        raise RecipeError(f"{path} computes in float16; give the float32 file it was made from.")


def _inputs(model: onnx.ModelProto, reading: Reading) -> tuple[onnx.ValueInfoProto, str | None]:
    """Return the signal's input, and the name of that of the conditions where the package has some."""
    path, constants = reading.path, {tensor.name for tensor in model.graph.initializer}
    values: list[onnx.ValueInfoProto] = [value for value in model.graph.input if value.name not in constants]
    wanted = 2 if reading.conditions else 1
    if len(values) != wanted:
        names = ", ".join(value.name for value in values)
        package = "two, the signal and its conditions" if reading.conditions else "one, the signal"
        hint = "; conditions in [model] lists the columns of a second" if len(values) == 2 else ""
        raise RecipeError(f"{path} has {len(values)} inputs ({names}); a package of this recipe has {package}{hint}.")
    for value in values:
        if value.type.tensor_type.elem_type != TensorProto.FLOAT:
            kind = TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
            raise RecipeError(f"{path} takes {kind}, not float32: export it in float32.")
    if not reading.conditions:
        return values[0], None
    # By its name, else the second: a signal of one channel may have as few axes.
    rows = next((value for value in values if value.name == CONDITIONS), values[1])
    sizes = _sizes(rows)
    if len(sizes) != 2 or sizes[1] not in {None, reading.conditions}:
        shape = ", ".join(str(size or "free") for size in sizes)
        raise RecipeError(
            f"The input {rows.name!r} of {path} has the shape [{shape}]; the recipe's conditions are [batch,"
            f" {reading.conditions}]: export it so."
        )
    return next(value for value in values if value is not rows), rows.name


def _sizes(value: onnx.ValueInfoProto) -> list[int | None]:
    return [dimension.dim_value or None for dimension in value.type.tensor_type.shape.dim]


def _layout(value: onnx.ValueInfoProto, reading: Reading) -> str:
    sizes, wanted = _sizes(value), {"C": reading.channels, "T": reading.window, "1": 1}
    for layout in layouts(reading.channels):
        if len(layout) == len(sizes) and all(
            axis == "B" or size in {None, wanted[axis]} for axis, size in zip(layout, sizes, strict=True)
        ):
            return layout
    shape = ", ".join(str(size or "free") for size in sizes)
    raise RecipeError(
        f"The input {value.name!r} of {reading.path} has the shape [{shape}]; "
        f"the recipe's is [batch, {reading.channels}, {reading.window}], channels and window of [model]."
    )


def _chosen(names: list[str], reading: Reading) -> str:
    output, others = reading.output, [name for name in names if name != DISTANCE]
    if isinstance(output, int) and -len(names) <= output < len(names):
        return names[output]
    if isinstance(output, str) and output in names:
        return output
    if output is None and (LOGITS in names or len(others) == 1):
        return LOGITS if LOGITS in names else others[0]
    listed = ", ".join(map(repr, names))
    if output is None:
        raise RecipeError(
            f'{reading.path} gives {listed}: choose the logits with output in [network], as in output = "{names[0]}".'
        )
    raise RecipeError(f"{reading.path} has no output {output!r}; it has {listed}.")
