"""Times of day in text, read as seconds; dates beside them are not read."""

import re
from collections.abc import Sequence

import numpy as np

from functions.core.decoding.text.dialect import DURATION
from functions.core.preprocessing.arrays import Float64Array

_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?(?:[.,:](\d+))?")
# Of hours, minutes and seconds; without seconds the first two are minutes and seconds.
_FACTORS = (3600.0, 60.0, 1.0)
_DURATIONS_S = {"sec": 1.0, "min": 60.0, "hr": 3600.0}
_LONGEST_CELL = 64
_LARGEST_DIGIT = 9


def seconds_of(cells: Sequence[str]) -> Float64Array | None:
    """Return times of day in seconds, float64 [N], or None where one cannot be read.

    Args:
        cells: `10:00:05.25`, `2026-05-04T10:00:05,250`, `00:05.250`, `5.25 sec`; at least one.
    """
    found = _of_one_width(cells)
    if found is not None:
        return found
    if DURATION.fullmatch(cells[0].strip()):
        return _durations(cells)
    matches = [_CLOCK.search(cell) for cell in cells]
    if not all(matches):
        return None
    return np.array([_seconds(*one.groups()) for one in matches if one])


def unwrapped(times: Float64Array) -> Float64Array:
    """Return times of day in seconds, continued over midnight, or over noon on a clock of twelve hours."""
    back = np.diff(times, prepend=times[:1]) < 0
    drops = -np.diff(times, prepend=times[:1])[back]
    turns = np.zeros(len(times))
    turns[back] = np.ceil(drops / 43_200) * 43_200
    return times + np.cumsum(turns)


def _durations(cells: Sequence[str]) -> Float64Array | None:
    found = [DURATION.fullmatch(cell.strip()) for cell in cells]
    return np.array([float(one[1]) * _DURATIONS_S[one[2]] for one in found if one]) if all(found) else None


def _of_one_width(cells: Sequence[str]) -> Float64Array | None:
    """Read cells of one pattern all at once; None where they differ, and each must be read."""
    width, first = len(cells[0]), _CLOCK.search(cells[0])
    joined = "".join(cells)
    if first is None or width > _LONGEST_CELL or len(joined) != width * len(cells) or not joined.isascii():
        return None
    signs = np.frombuffer(joined.encode(), np.uint8).reshape(-1, width)
    # A digit is like any other; where all cells are alike in this, what is a time in one is one in each.
    shapes = np.where(signs - ord("0") <= _LARGEST_DIGIT, ord("0"), signs)
    if (shapes != shapes[0]).any():
        return None
    digits = np.zeros(width, bool)
    for group in range(1, 5):
        digits[slice(*first.span(group))] = first[group] is not None
    return (signs[:, digits] - ord("0")) @ _weights(first)


def _weights(match: re.Match[str]) -> Float64Array:
    """Return the value of each digit of a time, in seconds."""
    factors = _FACTORS if match[3] is not None else (60.0, 1.0, 0.0)
    whole = [
        factor * 10.0**place
        for group, factor in zip((1, 2, 3), factors, strict=True)
        for place in reversed(range(len(match[group] or "")))
    ]
    return np.array([*whole, *(10.0**-place for place in range(1, len(match[4] or "") + 1))])


def _seconds(hours: str, minutes: str, seconds: str | None, fraction: str | None) -> float:
    part = float(f"0.{fraction}") if fraction else 0.0
    if seconds is None:
        # Minutes and seconds.
        return 60 * int(hours) + int(minutes) + part
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + part
