"""Times of day in text, read as seconds; dates beside them are not read."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from functions.core.preprocessing.arrays import Float64Array

_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?(?:[.,:](\d+))?")
# Of hours, minutes and seconds; without seconds the first two are minutes and seconds.
_FACTORS = (3600.0, 60.0, 1.0)
_LONGEST_CELL = 64


def seconds_of(cells: Sequence[str]) -> Float64Array | None:
    """Return times of day in seconds, float64 [N], or None where one cannot be read.

    Args:
        cells: `10:00:05.25`, `2026-05-04T10:00:05,250`, `00:05.250`; at least one.
    """
    found = _of_one_width(cells)
    if found is not None:
        return found
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


def _of_one_width(cells: Sequence[str]) -> Float64Array | None:
    """Read cells of one pattern all at once; None where they differ, and each must be read."""
    width, first = len(cells[0]), _CLOCK.search(cells[0])
    joined = "".join(cells)
    if first is None or width > _LONGEST_CELL or len(joined) != width * len(cells) or not joined.isascii():
        return None
    signs = np.frombuffer(joined.encode(), np.uint8).reshape(-1, width)
    digits = np.zeros(width, bool)
    for group in range(1, 5):
        digits[slice(*first.span(group))] = first[group] is not None
    between = np.arange(first.start(), first.end())[~digits[first.start() : first.end()]]
    values = signs[:, digits] - ord("0")
    # The character before decides where the number begins.
    before = [first.start() - 1] if first.start() else []
    fixed = [*before, *between.tolist()]
    if (values > 9).any() or (signs[:, fixed] != signs[0, fixed]).any() or _goes_on(signs, first.end()):
        return None
    return values @ _weights(first)


def _goes_on(signs: NDArray[np.uint8], end: int) -> bool:
    """Whether digits follow behind the place where the first time ends."""
    return end < signs.shape[1] and bool(((signs[:, end] >= ord("0")) & (signs[:, end] <= ord("9"))).any())


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
