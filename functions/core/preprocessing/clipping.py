"""Detection of clipping: a signal cut off at the range of its sensor or recorder.

A clipped signal stays at its highest or lowest value: near the sample that reaches it there are many others of
the same value, where a signal that is not clipped has one or two.
"""

import numpy as np

from functions.core.preprocessing.arrays import Float32Array

# Samples on either side of the extreme that are looked at, and how many of these may have its value.
REACH = 1024
MOST_AT_EXTREME = 4
# Share of the signal's range within which values count as one.
TOLERANCE = 1e-5


def extremes(row: Float32Array) -> tuple[int, int]:
    """Return the indices of the highest and the lowest sample of float32 [N]; both are of a NaN if there is one."""
    return int(row.argmax()), int(row.argmin())


def is_clipped(row: Float32Array, highest: int, lowest: int) -> bool:
    """Whether finite samples float32 [N] are clipped, given the indices of their highest and lowest sample."""
    tolerance = TOLERANCE * (row[highest] - row[lowest])
    above = row[max(0, highest - REACH) : highest + REACH] >= row[highest] - tolerance
    below = row[max(0, lowest - REACH) : lowest + REACH] <= row[lowest] + tolerance
    return bool(max(np.count_nonzero(above), np.count_nonzero(below)) > MOST_AT_EXTREME)
