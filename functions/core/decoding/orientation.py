"""Orientation of a table of numbers: which of its axes is the time."""

from functions.core.preprocessing.arrays import Float32Array, as_float32

# A recording has thousands of samples and few channels.
_CLEARLY_LONGER = 16


def is_lying(rows: int, columns: int) -> bool:
    """Whether each row of an array [rows, columns] is one time: one column, or far more rows than columns."""
    return rows > 1 and (columns == 1 or is_clearly_longer(rows, columns))


def is_clearly_longer(one: int, other: int) -> bool:
    """Whether of two lengths the first is so much longer that it counts samples, and the second channels."""
    return one >= _CLEARLY_LONGER * other > 0


def channels_first(samples: Float32Array) -> Float32Array:
    """Return an array [C, N], or one of [N, C] that is clearly so, as contiguous [C, N]."""
    return as_float32(samples.T) if is_lying(*samples.shape) else samples
