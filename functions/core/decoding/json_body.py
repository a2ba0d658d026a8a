"""Decoder of application/json: an object with a signal, or a list of signals, and options.

simdjson reads a long list of numbers several times faster than a parser that makes a Python object of each. Where
it finds anything but plain numbers, the standard library reads the body again: slower, but it finds what is wrong.
Both count members, signals and channels before they build any of them.
"""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
import simdjson
from msgspec import Struct

from functions.core.decoding.fast_json import (
    MOST_MEMBERS,
    check_members,
    has_brackets,
    members_of,
    read_json,
    thread_parser,
    types_beside_numbers,
)
from functions.core.decoding.formats import check_json
from functions.core.decoding.orientation import as_recording, channels_first, rows_are_times
from functions.core.errors import (
    EmptyBodyError,
    InvalidOptionError,
    MalformedBodyError,
    PalierError,
    SignalMissingError,
    SignalNotFiniteError,
    SignalNotNumericError,
    SignalShapeError,
)
from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.core.preprocessing.signal import Recording, check_batch_size, check_channel_count

_NOT_FINITE_CONDITION = re.compile(rb'"conditions"\s*:\s*(?:\{[^{}]*|\[[^][]*)(?:NaN|Infinity)')

_NOT_FINITE_OPTION = re.compile(rb'"(\w{1,64})"\s*:\s*(-?(?:NaN|Infinity))')


class JsonRequest(Struct, frozen=True):
    """The recordings of a body, one or a batch, and its other members as they were sent."""

    recordings: list[Recording]
    options: Mapping[str, Any]


def decode_json(body: bytes) -> JsonRequest:
    """Decode `{"signal": [...], ...}`; the signal is [N] or [C, N], or [N, C] where N is far larger.

    Raises:
        MalformedBodyError: not JSON, or not an object.
        UnusableError: the signal is missing, not numeric, not finite or ragged.
    """
    return _decode(body, "signal", 1)


def decode_json_batch(body: bytes, most: int) -> JsonRequest:
    """Decode `{"signals": [[...], ...], ...}`; each signal is [N] or [C, N].

    Args:
        body: the JSON text.
        most: signals that are taken.

    Raises:
        BatchTooLargeError: there are more.
        MalformedBodyError, UnusableError: as `decode_json`; the field is for example `signals[3]`.
    """
    return _decode(body, "signals", most)


def _decode(body: bytes, member: str, most: int) -> JsonRequest:
    if not body.strip():
        raise EmptyBodyError
    try:
        return _read_fast(body, member, most) or _read_slowly(body, member, most)
    except PalierError as error:
        # Frames of the traceback would keep the thread's parser from its next body.
        raise error.with_traceback(None) from error.__cause__


def _read_fast(body: bytes, member: str, most: int) -> JsonRequest | None:
    """Read a body of plain numbers; None leaves the body to `_read_slowly`, which finds whether it is wrong."""
    try:
        document: Any = thread_parser(len(body)).parse(body)
        if isinstance(document, simdjson.Array):
            raise _no_object(member)
        check_members(len(document))
        members = members_of(document)
        signal = members.pop(member)
        if member == "signals":
            check_batch_size(len(signal), most)
            signals = [_samples(item, f"signals[{index}]") for index, item in enumerate(signal)]
        else:
            signals = [_samples(signal, member)]
        in_conditions = _read_conditions(members, most)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError):
        return None
    # as_buffer flattens nested lists: as many brackets as rows prove that none was nested deeper or cut short.
    brackets = sum(opened for _, opened in signals) + (member == "signals") + in_conditions
    if not has_brackets(body, brackets):
        return None
    return JsonRequest([as_recording(samples) for samples, _ in signals], members)


def _read_conditions(members: dict[str, Any], most: int) -> int:
    """Replace conditions of operation, an object or a list of objects, by plain values, and return their brackets.

    Returns:
        How many brackets their text opens.

    Raises:
        ValueError, TypeError: they are something else; another reader takes over.
        InvalidOptionError: they are more than one request can have; none of them is built then.
    """
    value = members.get("conditions")
    if isinstance(value, simdjson.Object):
        members["conditions"] = _numbers_of(value)
    if not isinstance(value, simdjson.Array):
        return 0
    if len(value) > most:
        raise InvalidOptionError(
            f"conditions has {len(value)} entries for {most} recordings at most.", field="conditions"
        )
    members["conditions"] = [_numbers_of(one) for one in value]
    return 1


def _numbers_of(value: Any) -> dict[str, Any]:
    if len(value) > MOST_MEMBERS:
        sentence = f"conditions has {len(value)} members; at most {MOST_MEMBERS} are read."
        raise InvalidOptionError(sentence, field="conditions")
    numbers = members_of(value)
    if any(isinstance(one, simdjson.Object | simdjson.Array) for one in numbers.values()):
        raise TypeError
    return numbers


def _samples(signal: Any, field: str) -> tuple[Float32Array, int]:
    """Return a signal as float32 [C, N], and how many brackets its text opens."""
    shape, brackets = (1, len(signal)), 1
    if isinstance(signal[0], simdjson.Array):
        shape = len(signal), len(signal[0])
        check_channel_count(shape[1] if rows_are_times(*shape) else shape[0], field)
        if any(len(row) != shape[1] for row in signal):
            raise ValueError
        brackets += shape[0]
    return channels_first(as_float32(np.frombuffer(signal.as_buffer(of_type="d"))).reshape(shape)), brackets


def _read_slowly(body: bytes, member: str, most: int) -> JsonRequest:
    def refuse(constant: str) -> NoReturn:
        if _NOT_FINITE_CONDITION.search(body):
            raise InvalidOptionError(f"The conditions have {constant}, which is no number.", field="conditions")
        if (option := _NOT_FINITE_OPTION.search(body)) is not None:
            name, value = (one.decode() for one in option.groups())
            raise InvalidOptionError(f"The option {name!r} is {value}, which is no number.", field=name)
        raise SignalNotFiniteError(f"The JSON body has {constant}, which is no number.", field=member)

    try:
        document = read_json(body, refuse)
    except MalformedBodyError:
        check_json(body)
        raise
    if not isinstance(document, dict):
        raise _no_object(member)
    check_members(len(document))
    if member not in document:
        raise SignalMissingError(f"The JSON object has no member {member!r}.", field=member)
    value = document.pop(member)
    if member == "signal":
        return JsonRequest([_recording(value, member)], document)
    if not isinstance(value, list):
        raise SignalShapeError("signals must be a list of signals.", field=member)
    check_batch_size(len(value), most)
    return JsonRequest([_recording(item, f"signals[{index}]") for index, item in enumerate(value)], document)


def _no_object(member: str) -> MalformedBodyError:
    sentence = f'The JSON body must be an object with a member {member!r}: send {{"{member}": [...]}}.'
    return MalformedBodyError(sentence, field=member)


def _recording(value: Any, field: str) -> Recording:
    rows = value if isinstance(value, list) and value and isinstance(value[0], list) else [value]
    first = rows[0]
    is_time_first = isinstance(first, list) and rows_are_times(len(rows), len(first))
    check_channel_count(len(first) if is_time_first else len(rows), field)
    for row in rows:
        _check_row(row, field)
    if len({len(row) for row in rows}) > 1:
        raise SignalShapeError("The channels of the signal have unequal lengths.", field=field)
    try:
        return as_recording(channels_first(as_float32(np.array(rows, dtype=np.float64))))
    except OverflowError:
        raise SignalNotFiniteError("The signal has an integer beyond every float.", field=field) from None


def _check_row(row: Any, field: str) -> None:
    if not isinstance(row, list):
        raise SignalShapeError("The signal must be a list of numbers, or one such list per channel.", field=field)
    others = types_beside_numbers(row)
    if "list" in others:
        raise SignalShapeError("The signal must be [samples] or [channels, samples].", field=field)
    if others:
        sentence = f"The signal must hold numbers only; it has a value of type {others[0]}."
        raise SignalNotNumericError(sentence, field=field)
