"""Readers of the JSON envelope: an object of inputs, outputs and parameters.

simdjson reads regular data: plain numbers, flat or nested as their shape states. The standard library reads everything
else again, so that the checks which follow can find what is wrong.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
import simdjson
from numpy.typing import NDArray

from functions.core.decoding.fast_json import (
    check_members,
    has_brackets,
    members_of,
    plain,
    read_json,
    thread_parser,
    types_beside_numbers,
)
from functions.core.errors import MalformedBodyError, MalformedEnvelopeError, PalierError, SignalNotFiniteError

# Below this simdjson gains nothing: the JSON object before binary data is a few hundred bytes.
_SMALL_BYTES = 2048
# More than these are read by the standard library, and refused. A model's input has three dimensions.
_MOST_INPUTS = 8
_MOST_DIMENSIONS = 8
_BUFFERS = {"i": np.dtype(np.int64), "u": np.dtype(np.uint64), "d": np.dtype(np.float64)}


def read_object(text: bytes, constant: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """Return the JSON object of a request with the standard library.

    Args:
        text: the JSON.
        constant: is called with NaN, Infinity and -Infinity; by default they are numbers.

    Raises:
        MalformedEnvelopeError: not JSON, no Unicode, or not an object.
    """
    try:
        document = read_json(text, constant)
    except MalformedBodyError as error:
        raise MalformedEnvelopeError(error.message) from error.__cause__
    if not isinstance(document, dict):
        raise MalformedEnvelopeError("The request must be a JSON object.")
    return document


def parse_envelope(text: bytes) -> dict[str, Any]:
    """Read the JSON object of a request.

    Returns:
        Its members. An input's `data` is a flat array (int64, uint64 or float64) where it is plain numbers, nested
        as its `shape` states or flat; otherwise it is as JSON has it.

    Raises:
        MalformedEnvelopeError: not JSON, or not an object.
        SignalNotFiniteError: NaN or Infinity, which JSON does not have.
    """
    large = len(text) > _SMALL_BYTES
    try:
        return (_parse_fast(text) if large else None) or _parse_slowly(text)
    except PalierError as error:
        # Frames of the traceback would keep the thread's parser from its next body.
        raise error.with_traceback(None) from error.__cause__


def _parse_fast(text: bytes) -> dict[str, Any] | None:
    """Read a regular object; None leaves it to `_parse_slowly`, which finds whether it is wrong."""
    try:
        document: Any = thread_parser(len(text)).parse(text)
        check_members(len(document), MalformedEnvelopeError)
        members = members_of(document)
        found = members.pop("inputs")
        if len(found) > _MOST_INPUTS:
            return None
        inputs = [_read_input(one) for one in found]
        others = {name: plain(value) for name, value in members.items()}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError):
        return None
    # as_buffer flattens nested lists: the expected number of brackets proves that none was nested deeper.
    expected = 1 + sum(1 + brackets for _, brackets in inputs) + isinstance(others.get("outputs"), list)
    if not has_brackets(text, expected):
        return None
    return others | {"inputs": [one for one, _ in inputs]}


def _read_input(one: Any) -> tuple[dict[str, Any], int]:
    """Return an input and how many brackets its data opens."""
    check_members(len(one), MalformedEnvelopeError)
    members = members_of(one)
    data, shape = members.pop("data"), plain(members["shape"])
    if not isinstance(shape, list) or len(shape) > _MOST_DIMENSIONS:
        raise TypeError
    code = {"I": "i", "U": "u"}.get(members["datatype"][0], "d")
    nested = isinstance(data[0], simdjson.Array)
    if nested and not _is_nested(data, shape):
        raise ValueError
    values = np.frombuffer(data.as_buffer(of_type=code), _BUFFERS[code])
    read = {name: plain(value) for name, value in members.items()}
    return read | {"data": values}, _brackets(shape) if nested else 1


def _is_nested(data: Any, shape: Sequence[int]) -> bool:
    """Whether data is nested as a shape states; the count of brackets proves that its innermost lists hold numbers."""
    if len(data) != shape[0]:
        return False
    return len(shape) == 1 or all(_is_nested(inner, shape[1:]) for inner in data)


def _brackets(shape: Sequence[int]) -> int:
    """Return how many brackets nested data of a shape opens."""
    opened = [1]
    for length in shape[:-1]:
        opened.append(opened[-1] * length)
    return sum(opened)


def _parse_slowly(text: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise SignalNotFiniteError(f"The JSON object has {constant}, which is no number.", field="inputs")

    document = read_object(text, refuse)
    check_members(len(document), MalformedEnvelopeError)
    return document


def shown(value: Any) -> str:
    """Return a value as text for an error, shortened."""
    # The content of a nested value is left out: it may be nested too deeply to be written.
    nested = "[...]" if isinstance(value, list) else "{...}" if isinstance(value, dict) else None
    return repr(nested or str(value)[:40])


def parameters_of(holder: dict[str, Any], field: str) -> dict[str, Any]:
    """Return the parameters of a request or of a tensor; an empty object where it has none.

    Args:
        holder: the object that may have a member `parameters`.
        field: where the parameters stand, for the error.

    Raises:
        MalformedEnvelopeError: they are no object.
    """
    parameters = holder.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise MalformedEnvelopeError("parameters must be an object.", field=field)
    return parameters or {}


def tensor_parameters(tensor: dict[str, Any], field: str) -> dict[str, Any]:
    """Return the parameters of an input or an output.

    Raises:
        MalformedEnvelopeError: as `parameters_of`, or they place the tensor in shared memory.
    """
    parameters = parameters_of(tensor, field)
    if any(name.startswith("shared_memory") for name in parameters):
        raise MalformedEnvelopeError("Shared memory is not offered here.", field=field)
    return parameters


def flat_numbers(data: Any, shape: Sequence[int], whole: bool, field: str) -> NDArray[Any]:
    """Return an input's data as a flat array.

    Args:
        data: as `parse_envelope` gives it.
        shape: of the input; its product is the number of elements.
        whole: whether the datatype holds whole numbers.
        field: where the data stands, for the error.

    Returns:
        int64, uint64 or object for whole numbers, else float64.

    Raises:
        MalformedEnvelopeError: the data has other values than numbers, or not the shape.
        SignalNotFiniteError: a number is beyond every float.
    """
    count = math.prod(shape)
    values = data if isinstance(data, np.ndarray) else _flatten(data, shape, field)
    if len(values) != count:
        raise MalformedEnvelopeError(
            f"Shape and data disagree: {list(shape)} is {count} elements, the data has {len(values)}.", field=field
        )
    if isinstance(values, np.ndarray):
        return values
    return _whole_numbers(values, field) if whole else _numbers(values, field)


def _flatten(data: Any, shape: Sequence[int], field: str) -> list[Any]:
    if not isinstance(data, list):
        raise MalformedEnvelopeError("data must be a list, flat or nested as in its shape.", field=field)
    if not any(isinstance(element, list) for element in data):
        return data
    rows = [data]
    for depth, length in enumerate(shape):
        if any(not isinstance(row, list) or len(row) != length for row in rows):
            raise MalformedEnvelopeError(
                f"Shape and data disagree: dimension {depth} of {list(shape)} is {length}, but the data is"
                " nested otherwise.",
                field=field,
            )
        rows = [element for row in rows for element in row]
    return rows


def _check_numbers(values: list[Any], field: str) -> None:
    others = types_beside_numbers(values)
    if others:
        raise MalformedEnvelopeError(f"data must hold numbers only; it has a value of type {others[0]}.", field=field)


def _numbers(values: list[Any], field: str) -> NDArray[Any]:
    _check_numbers(values, field)
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise SignalNotFiniteError("data has an integer beyond every float.", field=field) from None


def _whole_numbers(values: list[Any], field: str) -> NDArray[Any]:
    _check_numbers(values, field)
    if any(isinstance(value, float) and not value.is_integer() for value in values):
        raise MalformedEnvelopeError("data must hold whole numbers only, as of its datatype.", field=field)
    return np.array([int(value) for value in values], dtype=object)
