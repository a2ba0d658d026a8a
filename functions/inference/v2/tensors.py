"""The input tensors of a request: their descriptions are checked against the model, then their data is read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import UNSET

from functions.core.errors import ConditionMissingError, MalformedEnvelopeError, SignalNotFiniteError
from functions.core.models.conditions import check_rows, condition_rows, used_conditions
from functions.core.models.manifest import CONDITIONS, InputSpec
from functions.core.preprocessing.arrays import Float32Array
from functions.inference.v2.binary import Split, binary_size, tensor_bytes
from functions.inference.v2.datatypes import check_datatype, from_bytes, from_numbers, is_integer, item_bytes
from functions.inference.v2.json_envelope import flat_numbers, shown, tensor_parameters

_LARGEST_COUNT = 2**63 - 1


@dataclass(frozen=True)
class Expected:
    """The inputs that a model takes: windows float32 [B, channels, window], B from 1 to most_windows.

    A model with conditions of operation takes them as a second tensor, float32 [B, K].
    """

    spec: InputSpec
    most_windows: int

    def row(self, name: str) -> list[int]:
        """Return the shape of one row of an input."""
        return [len(self.spec.conditions_taken)] if name == CONDITIONS else [self.spec.channels, self.spec.window]


@dataclass(frozen=True)
class ModelInputs:
    """The inputs of a run: windows float32 [B, C, T], and conditions float32 [B, K] where the model takes some."""

    windows: Float32Array
    conditions: Float32Array | None = None


@dataclass(frozen=True)
class _Tensor:
    """An input as a request describes it; size is that of its binary data, None where its data is JSON."""

    name: str
    field: str
    shape: Sequence[int]
    datatype: str
    size: int | None
    data: Any

    def read(self, binary: memoryview | None) -> Float32Array:
        if binary is not None:
            return self._from_binary(binary).reshape(self.shape)
        field = f"{self.field}.data"
        numbers = flat_numbers(self.data, self.shape, is_integer(self.datatype), field)
        return from_numbers(numbers, self.datatype, field).reshape(self.shape)

    def _from_binary(self, data: memoryview) -> Float32Array:
        needed = math.prod(self.shape) * item_bytes(self.datatype)
        if len(data) != needed:
            raise MalformedEnvelopeError(
                f"Shape and data disagree: {self.datatype} {_shown(self.shape)} is {needed} bytes,"
                f" binary_data_size is {len(data)}.",
                field=f"{self.field}.parameters.binary_data_size",
            )
        return from_bytes(data, self.datatype)


def read_inputs(inputs: Any, split: Split, expected: Expected) -> ModelInputs:
    """Return the inputs of a run.

    Args:
        inputs: the request's member `inputs`.
        split: the request's body.
        expected: what the model takes.

    Raises:
        MalformedEnvelopeError: name, shape, datatype, sizes or data contradict the model or each other.
        ConditionMissingError: the model needs conditions of operation that were not sent.
        SignalNotFiniteError, ConditionRangeError: NaN, infinity, or a condition outside its range.
    """
    tensors = [
        _described(one, f"inputs[{index}]", expected) for index, one in enumerate(_listed(inputs, expected.spec))
    ]
    parts = iter(tensor_bytes(split, [one.size for one in tensors if one.size is not None]))
    read = {one.name: (one.read(None if one.size is None else next(parts)), one.field) for one in tensors}
    windows = finite(*read[expected.spec.name])
    return ModelInputs(windows, _conditions(expected.spec, len(windows), *read.get(CONDITIONS, (None, ""))))


def read_raw(data: memoryview, expected: Expected) -> ModelInputs:
    """Return the inputs of a raw binary request: as many windows as its bytes hold.

    Raises:
        MalformedEnvelopeError: the bytes are not a whole number of windows, or too many.
        ConditionMissingError: the model needs conditions of operation, for which a raw request has no room.
        SignalNotFiniteError: NaN or infinity.
    """
    spec = expected.spec
    window_bytes = 4 * spec.channels * spec.window
    if not len(data) or len(data) % window_bytes:
        raise MalformedEnvelopeError(
            f"A raw request holds whole windows of {window_bytes} bytes (FP32 {[spec.channels, spec.window]});"
            f" this one has {len(data)} bytes."
        )
    shape = check_shape([len(data) // window_bytes, spec.channels, spec.window], expected)
    windows = finite(from_bytes(data, "FP32").reshape(shape))
    return ModelInputs(windows, _conditions(spec, len(windows), None))


def check_shape(
    shape: Any, expected: Expected, name: str | None = None, field: str = "inputs[0].shape"
) -> Sequence[int]:
    """Check an input's shape [B, ...], and return it.

    Args:
        shape: as it was sent.
        expected: what the model takes.
        name: of the input; by default the signal's.
        field: where the shape stands, for the error.

    Raises:
        MalformedEnvelopeError: it is no shape, not the model's, or a batch of none or too many.
    """
    if not isinstance(shape, list) or any(type(length) is not int for length in shape):
        raise MalformedEnvelopeError("shape must be a list of whole numbers.", field=field)
    if any(length < 0 for length in shape):
        raise MalformedEnvelopeError(f"shape {_shown(shape)} has a negative dimension.", field=field)
    # The product of a million dimensions would take a while to compute.
    if max(math.prod(shape[:8]), *shape, 0) > _LARGEST_COUNT:
        raise MalformedEnvelopeError("shape overflows: it has more elements than 64 bits can count.", field=field)
    row = expected.row(name or expected.spec.name)
    if shape[1:] != row:
        raise MalformedEnvelopeError(f"shape is {_shown(shape)}; the model takes {[-1, *row]}.", field=field)
    if not 1 <= shape[0] <= expected.most_windows:
        raise MalformedEnvelopeError(
            f"The batch has {shape[0]} windows; one request may have 1 to {expected.most_windows}.", field=field
        )
    return shape


def finite(values: Float32Array, field: str = "inputs[0]") -> Float32Array:
    """Check that values float32 are finite, and return them.

    Raises:
        SignalNotFiniteError: one is NaN, infinite or beyond float32.
    """
    flat = values.ravel()
    if not _surely_finite(flat) and not np.isfinite(flat).all():
        index = int(np.isfinite(flat).argmin())
        raise SignalNotFiniteError(
            f"The tensor has NaN, infinity or a value beyond float32, first at element {index}.", field=field
        )
    return values


def _surely_finite(values: Float32Array) -> bool:
    """Whether the sum of squares is finite, which proves that all values are; one pass without a temporary array."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(np.dot(values, values))


def _conditions(spec: InputSpec, windows: int, sent: Float32Array | None, field: str = "") -> Float32Array | None:
    """Return conditions float32 [windows, K], as sent or else the defaults; None for a model that takes none."""
    if spec.conditions is UNSET:
        return None
    if sent is None:
        return condition_rows(_defaults(spec), windows)
    if len(sent) != windows:
        raise MalformedEnvelopeError(
            f"{CONDITIONS} has {len(sent)} rows for {windows} windows; send one for each.", field=f"{field}.shape"
        )
    check_rows(sent, spec, field)
    return sent


def _defaults(spec: InputSpec) -> dict[str, float]:
    try:
        return used_conditions(spec, {})
    except ConditionMissingError:
        names = ", ".join(one.name for one in spec.conditions_taken)
        raise ConditionMissingError(
            f"The model needs a second input {CONDITIONS!r}, FP32 {[-1, len(spec.conditions_taken)]}, of {names}.",
            field="inputs",
        ) from None


def _listed(inputs: Any, spec: InputSpec) -> list[dict[str, Any]]:
    """Check the list of a request's inputs, and return it: each name once at most, the signal among them."""
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        raise MalformedEnvelopeError("The request must have a list of input tensors, 'inputs'.", field="inputs")
    names = [spec.name] if spec.conditions is UNSET else [spec.name, CONDITIONS]
    if not 1 <= len(inputs) <= len(names):
        raise MalformedEnvelopeError(
            f"The request has {len(inputs)} inputs; the model takes {len(names)}.", field="inputs"
        )
    sent = [one.get("name") for one in inputs]
    unknown = next((index for index, name in enumerate(sent) if name not in names), None)
    if unknown is not None:
        raise MalformedEnvelopeError(
            f"There is no input {shown(sent[unknown])}; the model's {'is' if len(names) == 1 else 'are'}"
            f" {', '.join(map(repr, names))}.",
            field=f"inputs[{unknown}].name",
        )
    if spec.name not in sent or sent.count(spec.name) > 1:
        raise MalformedEnvelopeError(f"The request must have one input {spec.name!r}.", field="inputs")
    return inputs


def _described(tensor: dict[str, Any], field: str, expected: Expected) -> _Tensor:
    name: str = tensor["name"]
    datatype = check_datatype(tensor.get("datatype"), f"{field}.datatype")
    shape = check_shape(tensor.get("shape"), expected, name, f"{field}.shape")
    size = binary_size(tensor_parameters(tensor, f"{field}.parameters"), field)
    return _Tensor(name, field, shape, datatype, size, _data(tensor, size, field))


def _data(tensor: dict[str, Any], size: int | None, field: str) -> Any:
    data = tensor.get("data")
    if data is None and size is None:
        raise MalformedEnvelopeError("The input has neither data nor binary_data_size.", field=f"{field}.data")
    if data is not None and size is not None:
        raise MalformedEnvelopeError("The input has both data and binary_data_size; send one.", field=f"{field}.data")
    return data


def _shown(shape: Sequence[int]) -> str:
    text = str(list(shape[:8]))
    return text if len(text) <= 80 else f"{text[:80]}..."
