"""Orientation of a table of numbers: which of its axes is the time."""

from operator import le
from typing import Any

from numpy.typing import NDArray

from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.core.preprocessing.signal import Recording

# A recording has thousands of samples and few channels.
CLEARLY_LONGER = 16
# Samples of which a glance shows that they are no times.
_GLANCE = 16


def rows_are_times(rows: int, columns: int) -> bool:
    """Whether each row of an array [rows, columns] is one time: one column, or far more rows than columns."""
    return rows > 1 and (columns == 1 or is_clearly_longer(rows, columns))


def is_clearly_longer(one: int, other: int) -> bool:
    """Whether of two lengths the first is so much longer that it counts samples, and the second channels."""
    return one >= CLEARLY_LONGER * other > 0


def channels_first(samples: Float32Array) -> Float32Array:
    """Return an array [C, N], or one of [N, C] that is clearly so, as contiguous [C, N]."""
    return as_float32(samples.T) if rows_are_times(*samples.shape) else samples


def as_recording(samples: Float32Array) -> Recording:
    """Return channels float32 [C, N] as a recording; a row of times, which gives the rate, or of a count is no channel.

    Rows keep their number as their name where one was left out.
    """
    if len(samples) == 1:
        return Recording(samples)
    rising = rising_rows(samples)
    if not rising:
        return Recording(samples)
    # Late: most signals fall soon.
    from functions.core.decoding.times import rates_of_rows

    rates = rates_of_rows(samples, rising)
    if not rates or len(rates) == len(samples):
        return Recording(samples)
    kept = [row for row in range(len(samples)) if row not in rates]
    return Recording(samples[kept], next(filter(None, rates.values()), None), tuple(map(str, kept)))


def rising_rows(samples: NDArray[Any]) -> list[int]:
    """Return the rows of samples [C, N] whose first samples do not fall, and whose last is above the first."""
    first = samples[:, :_GLANCE].tolist()
    return [row for row, few in enumerate(first) if few and all(map(le, few, few[1:])) and samples[row, -1] > few[0]]
