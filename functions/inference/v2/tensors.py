"""The input tensor of a request: what it says of itself held against the model, then read as float32."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from functions.core.errors import MalformedEnvelopeError, SignalNotFiniteError
from functions.core.models.manifest import InputSpec
from functions.core.preprocessing.arrays import Float32Array
from functions.inference.v2.binary import Split, binary_size, tensor_bytes
from functions.inference.v2.datatypes import check_datatype, from_bytes, from_numbers, is_integer, item_bytes
from functions.inference.v2.json_envelope import flat_numbers, shown

_FIELD = "inputs[0]"
_LARGEST_COUNT = 2**63 - 1


@dataclass(frozen=True)
class Expected:
    """What a model takes: windows float32 [B, channels, window] under one name, B from 1 to most_windows."""

    spec: InputSpec
    most_windows: int


def read_input(inputs: Any, split: Split, expected: Expected) -> Float32Array:
    """Return the windows of a request, float32 [B, C, T].

    Args:
        inputs: the member of that name.
        split: the request's body.
        expected: what the model takes.

    Raises:
        MalformedEnvelopeError: name, shape, datatype, sizes and data do not fit the model or each other.
        SignalNotFiniteError: NaN or infinity.
    """
    tensor = _only_input(inputs, expected.spec.name)
    datatype = check_datatype(tensor.get("datatype"), f"{_FIELD}.datatype")
    shape = check_shape(tensor.get("shape"), expected)
    size = binary_size(_parameters(tensor), _FIELD)
    data = _data(tensor, size)
    binary = tensor_bytes(split, [] if size is None else [size])
    if binary:
        values = _from_binary(binary[0], shape, datatype)
    else:
        field = f"{_FIELD}.data"
        values = from_numbers(flat_numbers(data, shape, is_integer(datatype), field), datatype, field)
    return finite(values).reshape(shape)


def read_raw(data: memoryview, expected: Expected) -> Float32Array:
    """Return the windows of a raw binary request, float32 [B, C, T]: as many as its bytes hold.

    Raises:
        MalformedEnvelopeError: the bytes are not a whole number of windows, or too many.
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
    return finite(from_bytes(data, "FP32")).reshape(shape)


def check_shape(shape: Any, expected: Expected) -> Sequence[int]:
    """Return an input's shape [B, C, T].

    Raises:
        MalformedEnvelopeError: it is no shape, not the model's, or a batch of none or too many.
    """
    field = f"{_FIELD}.shape"
    if not isinstance(shape, list) or any(type(length) is not int for length in shape):
        raise MalformedEnvelopeError("shape must be a list of whole numbers.", field=field)
    if any(length < 0 for length in shape):
        raise MalformedEnvelopeError(f"shape {_shown(shape)} has a negative dimension.", field=field)
    # The product of a million dimensions would take a while to compute.
    if max(math.prod(shape[:8]), *shape, 0) > _LARGEST_COUNT:
        raise MalformedEnvelopeError("shape overflows: it has more elements than 64 bits can count.", field=field)
    spec = expected.spec
    if shape[1:] != [spec.channels, spec.window]:
        raise MalformedEnvelopeError(
            f"shape is {_shown(shape)}; the model takes [-1, {spec.channels}, {spec.window}].", field=field
        )
    if not 1 <= shape[0] <= expected.most_windows:
        raise MalformedEnvelopeError(
            f"The batch has {shape[0]} windows; one request may have 1 to {expected.most_windows}.", field=field
        )
    return shape


def finite(values: Float32Array) -> Float32Array:
    """Return values float32 [N].

    Raises:
        SignalNotFiniteError: one is NaN, infinite or beyond float32.
    """
    if not _surely_finite(values) and not np.isfinite(values).all():
        index = int(np.isfinite(values).argmin())
        raise SignalNotFiniteError(
            f"The tensor has NaN, infinity or a value beyond float32, first at element {index}.", field=_FIELD
        )
    return values


def _surely_finite(values: Float32Array) -> bool:
    """Tell whether the sum of squares is finite, as it is only if all values are; one pass without a temporary."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(np.dot(values, values))


def _only_input(inputs: Any, name: str) -> dict[str, Any]:
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        raise MalformedEnvelopeError("The request must have a list of input tensors, 'inputs'.", field="inputs")
    if len(inputs) != 1:
        raise MalformedEnvelopeError(f"The request has {len(inputs)} inputs; the model takes 1.", field="inputs")
    tensor: dict[str, Any] = inputs[0]
    if tensor.get("name") != name:
        raise MalformedEnvelopeError(
            f"There is no input {shown(tensor.get('name'))}; the model's is {name!r}.", field=f"{_FIELD}.name"
        )
    return tensor


def _parameters(tensor: dict[str, Any]) -> dict[str, Any]:
    parameters = tensor.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise MalformedEnvelopeError("parameters must be an object.", field=f"{_FIELD}.parameters")
    if any(name.startswith("shared_memory") for name in parameters):
        raise MalformedEnvelopeError("Shared memory is not offered here.", field=f"{_FIELD}.parameters")
    return parameters


def _data(tensor: dict[str, Any], size: int | None) -> Any:
    data = tensor.get("data")
    if data is None and size is None:
        raise MalformedEnvelopeError("The input has neither data nor binary_data_size.", field=f"{_FIELD}.data")
    if data is not None and size is not None:
        raise MalformedEnvelopeError("The input has both data and binary_data_size; send one.", field=f"{_FIELD}.data")
    return data


def _from_binary(data: memoryview, shape: Sequence[int], datatype: str) -> Float32Array:
    needed = math.prod(shape) * item_bytes(datatype)
    if len(data) != needed:
        raise MalformedEnvelopeError(
            f"Shape and data disagree: {datatype} {_shown(shape)} is {needed} bytes, binary_data_size is {len(data)}.",
            field=f"{_FIELD}.parameters.binary_data_size",
        )
    return from_bytes(data, datatype)


def _shown(shape: Sequence[int]) -> str:
    text = str(list(shape[:8]))
    return text if len(text) <= 80 else f"{text[:80]}..."
