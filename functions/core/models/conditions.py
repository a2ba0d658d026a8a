"""Conditions of operation: read from a request, and checked against those that a model takes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from functions.core.errors import (
    ConditionMissingError,
    ConditionRangeError,
    InvalidOptionError,
    PalierError,
    UnknownConditionError,
)
from functions.core.models.manifest import CONDITIONS, MOST_CONDITIONS, Condition, InputSpec
from functions.core.preprocessing.arrays import Float32Array

# Before a condition's name in a query: conditions.NAME=VALUE.
PREFIX = f"{CONDITIONS}."
# Of a condition's name, in a manifest and from a caller.
_LONGEST_NAME = 64
_LONGEST_TEXT = 40
_RANGE = ("minimum", "maximum")


def gathered(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with all conditions in one object: `conditions`, overridden by every `conditions.NAME`.

    Raises:
        InvalidOptionError: they are no numbers, or too many.
    """
    named = {name.removeprefix(PREFIX): value for name, value in values.items() if name.startswith(PREFIX)}
    others = {name: value for name, value in values.items() if name != CONDITIONS and not name.startswith(PREFIX)}
    given = parse_conditions(values.get(CONDITIONS, {}))
    _check_count(len(given.keys() | named.keys()), CONDITIONS)
    for name, value in named.items():
        given[name] = _number(_read_text(value) if isinstance(value, str) else value, CONDITIONS, name)
    return others | {CONDITIONS: given}


def parse_conditions(value: object, field: str = CONDITIONS) -> dict[str, float]:
    """Return a JSON object of name to number as conditions.

    Args:
        value: what a caller sent.
        field: where it stands, for the error.

    Raises:
        InvalidOptionError: it is something else, or has too many members.
    """
    if not isinstance(value, Mapping):
        raise InvalidOptionError(
            f"{field} must be a JSON object of name to number; in a query, write {PREFIX}NAME=VALUE for each.",
            field=field,
        )
    _check_count(len(value), field)
    return {name: _number(number, field, name) for name, number in value.items()}


def conditions_of_each(value: Sequence[object], recordings: int) -> list[dict[str, float]]:
    """Return the conditions of each recording of a batch, from a list of objects.

    Raises:
        InvalidOptionError: it has not one object for each recording, or one of them is no conditions.
    """
    if len(value) != recordings:
        raise InvalidOptionError(
            f"conditions has {len(value)} entries for {recordings} recordings; send one object for each,"
            " or one object for all.",
            field=CONDITIONS,
        )
    return [parse_conditions(one, f"{CONDITIONS}[{index}]") for index, one in enumerate(value)]


def used_conditions(spec: InputSpec, given: Mapping[str, float], field: str = CONDITIONS) -> dict[str, float]:
    """Return the conditions that a model gets, in the order of its manifest: those given, defaults for the others.

    Args:
        spec: of the model's input.
        given: the caller's values, by name.
        field: where they stand, for the error.

    Raises:
        UnknownConditionError: the model takes no such condition, or none at all.
        ConditionMissingError: one that the model needs is not given.
        ConditionRangeError: a value is outside the range that the model was made for.
    """
    taken = {one.name: one for one in spec.conditions_taken}
    unknown = next((name for name in given if name not in taken), None)
    if unknown is not None:
        raise _unknown(unknown, list(taken), field)
    return {name: _used(one, given.get(name, one.default), field) for name, one in taken.items()}


def condition_rows(used: Mapping[str, float], count: int) -> Float32Array:
    """Return a recording's conditions as rows for its windows: float32 [count, K], the same row for each."""
    return np.tile(np.array(list(used.values()), np.float32), (count, 1))


def check_rows(rows: Float32Array, spec: InputSpec, field: str) -> None:
    """Check rows of conditions float32 [B, K] that a caller sent as a tensor.

    Raises:
        ConditionRangeError: a value is NaN, or outside the range that the model was made for.
    """
    # Compared in float32, as they were sent: 0.1 in float32 is above the manifest's 0.1.
    lowest, highest = (np.array([getattr(one, name) for one in spec.conditions_taken], np.float32) for name in _RANGE)
    outside = ~((rows >= lowest) & (rows <= highest))
    if outside.any():
        row, column = divmod(int(outside.argmax()), rows.shape[1])
        # As it was sent: 29.95 in float32 is 29.9500008.
        value = float(str(rows[row, column]))
        raise _outside(spec.conditions_taken[column], value, field, f" in row {row}")


def ordinary_conditions(spec: InputSpec) -> dict[str, float]:
    """Return conditions that a model can run with where no caller gives any: defaults, or the middle of the range."""
    return {
        one.name: one.minimum / 2 + one.maximum / 2 if one.default is None else one.default
        for one in spec.conditions_taken
    }


def _check_count(count: int, field: str) -> None:
    if count > MOST_CONDITIONS:
        raise InvalidOptionError(f"{field} has {count} members; a model takes at most {MOST_CONDITIONS}.", field=field)


def _read_text(text: str) -> object:
    """Return the number that a query's text is, or the text."""
    if len(text) > _LONGEST_TEXT:
        return text
    try:
        return msgspec.convert(text, float, strict=False)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return text


def _number(value: object, field: str, name: str) -> float:
    place = f"{field}.{_shown(name)}"
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidOptionError(
            f"The name {_shown(name)!r} is none of a condition: it has at most {_LONGEST_NAME} printable characters.",
            field=place,
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidOptionError(f"The condition {_shown(name)!r} must be a number.", field=place)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidOptionError(f"The condition {_shown(name)!r} must be a finite number.", field=place)
    return number


def _used(condition: Condition, value: float | None, field: str) -> float:
    if value is None:
        # Late: a refusal alone needs it.
        from functions.core.bearings.stated import ORDER_NAMES

        stated = "; where a bearing is stated, it fills this in" if condition.name in ORDER_NAMES else ""
        raise ConditionMissingError(
            f"The model needs the condition {condition.name!r}, a number {_range(condition)}{stated}.",
            field=f"{field}.{condition.name}",
        )
    if not condition.minimum <= value <= condition.maximum:
        raise _outside(condition, value, f"{field}.{condition.name}")
    return value


def _outside(condition: Condition, value: float, field: str, place: str = "") -> PalierError:
    in_hz = condition.unit == "rpm" and value < condition.minimum <= 60 * value <= condition.maximum
    hint = f": {value:.9g} Hz would be {60 * value:.9g} rpm" if in_hz else ""
    return ConditionRangeError(
        f"The condition {condition.name!r} is {value:.9g}{place};"
        f" the model was made for values {_range(condition)}{hint}.",
        field=field,
    )


def _range(condition: Condition) -> str:
    return f"from {condition.minimum:.9g} to {condition.maximum:.9g} {condition.unit}".rstrip()


def _unknown(name: str, taken: Sequence[str], field: str) -> PalierError:
    shown = _shown(name)
    message = (
        f"The model takes no condition {shown!r}; it takes {', '.join(taken)}."
        if taken
        else f"The model takes no conditions of operation: leave {shown!r} out."
    )
    return UnknownConditionError(message, field=f"{field}.{shown}")


def _shown(name: str) -> str:
    shown = name[:_LONGEST_NAME]
    return shown if shown.isprintable() else "?"
