"""application/json: an object with a signal, or a list of signals, and options.

simdjson reads a long list of numbers several times faster than a parser that makes a Python object of
each. Wherever it finds anything but plain numbers, the standard library reads the body again: slower,
but it can say what is wrong.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import simdjson

from functions.core.decoding.fast_json import has_brackets, thread_parser
from functions.core.errors import (
    EmptyBodyError,
    MalformedBodyError,
    SignalMissingError,
    SignalNotFiniteError,
    SignalNotNumericError,
    SignalShapeError,
)
from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.core.preprocessing.signal import Recording


@dataclass(frozen=True)
class JsonRequest:
    """The recordings of a body, one or a batch, and its other members, unread."""

    recordings: list[Recording]
    options: Mapping[str, Any]


def decode_json(body: bytes) -> JsonRequest:
    """Decode `{"signal": [...], ...}`; the signal is [N] or [C, N].

    Raises:
        MalformedBodyError: not JSON, or not an object.
        UnusableError: the signal is missing, not numeric, not finite or ragged.
    """
    return _decode(body, "signal")


def decode_json_batch(body: bytes) -> JsonRequest:
    """Decode `{"signals": [[...], ...], ...}`; each signal is [N] or [C, N].

    Raises:
        MalformedBodyError, UnusableError: as `decode_json`; the field is for example `signals[3]`.
    """
    return _decode(body, "signals")


def _decode(body: bytes, member: str) -> JsonRequest:
    if not body.strip():
        raise EmptyBodyError
    return _read_fast(body, member) or _read_slowly(body, member)


def _read_fast(body: bytes, member: str) -> JsonRequest | None:
    """Read a body of plain numbers; None means "look closer", never "wrong"."""
    try:
        document: Any = thread_parser(len(body)).parse(body)
        signal = document[member]
        arrays = [_buffer(item) for item in (signal if member == "signals" else [signal])]
        options = {key: document[key] for key in document if key != member}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError):
        return None
    # as_buffer flattens: as many brackets as rows prove that nothing was nested deeper or cut short.
    rows = sum(1 if array.ndim == 1 else 1 + len(array) for array in arrays)
    if not has_brackets(body, rows + (member == "signals")):
        return None
    return JsonRequest([Recording(np.atleast_2d(array)) for array in arrays], options)


def _buffer(signal: Any) -> Float32Array:
    if isinstance(signal[0], simdjson.Array):
        return as_float32(np.stack([np.frombuffer(row.as_buffer(of_type="d")) for row in signal]))
    return as_float32(np.frombuffer(signal.as_buffer(of_type="d")))


def _read_slowly(body: bytes, member: str) -> JsonRequest:
    document = _parse(body, member)
    if not isinstance(document, dict):
        raise MalformedBodyError(f"The JSON body must be an object with a member {member!r}.")
    if member not in document:
        raise SignalMissingError(f"The JSON object has no member {member!r}.", field=member)
    value = document.pop(member)
    if member == "signal":
        return JsonRequest([_recording(value, member)], document)
    if not isinstance(value, list):
        raise SignalShapeError("signals must be a list of signals.", field=member)
    return JsonRequest([_recording(item, f"signals[{index}]") for index, item in enumerate(value)], document)


def _parse(body: bytes, member: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise SignalNotFiniteError(f"The JSON body has {constant}, which is no number.", field=member)

    try:
        return json.loads(body, parse_constant=refuse)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise MalformedBodyError(f"The body is not JSON: {error}.") from None
    except (RecursionError, ValueError) as error:
        raise MalformedBodyError("The JSON body is nested too deeply or has an endless number.") from error


def _recording(value: Any, field: str) -> Recording:
    rows = value if isinstance(value, list) and value and isinstance(value[0], list) else [value]
    for row in rows:
        _check_row(row, field)
    if len({len(row) for row in rows}) > 1:
        raise SignalShapeError("The channels of the signal have unequal lengths.", field=field)
    try:
        return Recording(as_float32(np.array(rows, dtype=np.float64)))
    except OverflowError:
        raise SignalNotFiniteError("The signal has an integer beyond every float.", field=field) from None


def _check_row(row: Any, field: str) -> None:
    if not isinstance(row, list):
        raise SignalShapeError("The signal must be a list of numbers, or one such list per channel.", field=field)
    strangers = set(map(type, row)) - {int, float}
    if list in strangers:
        raise SignalShapeError("The signal must be [samples] or [channels, samples].", field=field)
    if strangers:
        name = sorted(kind.__name__ for kind in strangers)[0].replace("NoneType", "null")
        raise SignalNotNumericError(f"The signal must hold numbers only; it has a value of type {name}.", field=field)
