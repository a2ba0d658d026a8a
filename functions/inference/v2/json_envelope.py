"""The JSON envelope: an object of inputs, outputs and parameters.

simdjson reads what is regular: data that is plain numbers, flat or nested as its shape says. Everything else the
standard library reads again, so that the checks which follow can say what is wrong.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import simdjson
from numpy.typing import NDArray

from functions.core.decoding.fast_json import has_brackets, thread_parser
from functions.core.errors import MalformedEnvelopeError, SignalNotFiniteError

# Below this simdjson gains nothing: the JSON object before binary data is a few hundred bytes.
_SMALL_BYTES = 2048
_BUFFERS = {"i": np.dtype(np.int64), "u": np.dtype(np.uint64), "d": np.dtype(np.float64)}


def parse_envelope(text: bytes) -> dict[str, Any]:
    """Read the JSON object of a request.

    Returns:
        Its members. An input's `data` is a flat array (int64, uint64 or float64) where it is plain numbers nested
        as its `shape` says or not nested at all; else it is what JSON holds.

    Raises:
        MalformedEnvelopeError: not JSON, or not an object.
        SignalNotFiniteError: NaN or Infinity, which JSON does not know.
    """
    large = len(text) > _SMALL_BYTES
    return (_parse_fast(text) if large else None) or _parse_slowly(text)


def _parse_fast(text: bytes) -> dict[str, Any] | None:
    """Read a regular object; None means "look closer", never "wrong"."""
    try:
        document: Any = thread_parser(len(text)).parse(text)
        inputs = [_read_input(one) for one in document["inputs"]]
        others = {key: _plain(document[key]) for key in document if key != "inputs"}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError):
        return None
    # as_buffer flattens: as many brackets as there should be prove that nothing was nested deeper.
    expected = 1 + sum(1 + brackets for _, brackets in inputs) + isinstance(others.get("outputs"), list)
    if not has_brackets(text, expected):
        return None
    return others | {"inputs": [one for one, _ in inputs]}


def _read_input(one: Any) -> tuple[dict[str, Any], int]:
    """Return an input and how many brackets its data opens."""
    members = {key: _plain(one[key]) for key in one if key != "data"}
    if not isinstance(members["shape"], list):
        raise TypeError
    code = {"I": "i", "U": "u"}.get(members["datatype"][0], "d")
    rows = _rows(one["data"], members["shape"])
    data = np.concatenate([np.frombuffer(row.as_buffer(of_type=code), _BUFFERS[code]) for row in rows])
    nested = isinstance(one["data"][0], simdjson.Array)
    return members | {"data": data}, _brackets(members["shape"]) if nested else 1


def _rows(data: Any, shape: Sequence[int]) -> list[Any]:
    """Return the innermost arrays of data: one that is flat, or those of data nested as its shape says."""
    if not isinstance(data[0], simdjson.Array):
        return [data]
    levels = [data]
    for length in shape[:-1]:
        if any(len(level) != length for level in levels):
            raise ValueError
        levels = [inner for level in levels for inner in level]
    if any(len(level) != shape[-1] for level in levels):
        raise ValueError
    return levels


def _brackets(shape: Sequence[int]) -> int:
    """How many brackets nested data of a shape opens."""
    opened = [1]
    for length in shape[:-1]:
        opened.append(opened[-1] * length)
    return sum(opened)


def _plain(value: Any) -> Any:
    if isinstance(value, simdjson.Object):
        return value.as_dict()
    return value.as_list() if isinstance(value, simdjson.Array) else value


def _parse_slowly(text: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise SignalNotFiniteError(f"The JSON object has {constant}, which is no number.", field="inputs")

    try:
        document = json.loads(text, parse_constant=refuse)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise MalformedEnvelopeError(f"The request is not JSON: {error}.") from None
    except (RecursionError, ValueError) as error:
        raise MalformedEnvelopeError("The JSON object is nested too deeply or has an endless number.") from error
    if not isinstance(document, dict):
        raise MalformedEnvelopeError("The request must be a JSON object with a member 'inputs'.")
    return document


def flat_numbers(data: Any, shape: Sequence[int], whole: bool, field: str) -> NDArray[Any]:
    """Return an input's data as a flat array.

    Args:
        data: as `parse_envelope` gives it.
        shape: of the input; its product is what must stand there.
        whole: whether the datatype holds whole numbers.
        field: where the data stands, for the error.

    Returns:
        int64, uint64 or object for whole numbers, else float64.

    Raises:
        MalformedEnvelopeError: the data is no numbers, or is not what the shape says.
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
        raise MalformedEnvelopeError("data must be a list, flat or nested as the shape says.", field=field)
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
    strangers = set(map(type, values)) - {int, float}
    if strangers:
        name = sorted(kind.__name__ for kind in strangers)[0].replace("NoneType", "null")
        raise MalformedEnvelopeError(f"data must hold numbers only; it has a value of type {name}.", field=field)


def _numbers(values: list[Any], field: str) -> NDArray[Any]:
    _check_numbers(values, field)
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise SignalNotFiniteError("data has an integer beyond every float.", field=field) from None


def _whole_numbers(values: list[Any], field: str) -> NDArray[Any]:
    _check_numbers(values, field)
    if any(isinstance(value, float) and not value.is_integer() for value in values):
        raise MalformedEnvelopeError("data must hold whole numbers only, as its datatype says.", field=field)
    return np.array([int(value) for value in values], dtype=object)
