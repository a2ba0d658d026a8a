"""Whether a recording was cut off at the range of its sensor or recorder.

A clipped signal rests on its highest or lowest value: near the sample that reaches it there are many others of
the same value, where a free signal has one or two.
"""

import numpy as np

from functions.core.preprocessing.arrays import Float32Array

# Samples on either side of the extreme that are looked at, and how many of these may have its value.
REACH = 1024
MOST_AT_EXTREME = 4
# Share of the signal's range within which values count as one.
TOLERANCE = 1e-5


def extremes(row: Float32Array) -> tuple[int, int]:
    """Return where the highest and the lowest sample of float32 [N] stand; of a NaN if there is one."""
    return int(row.argmax()), int(row.argmin())


def is_clipped(row: Float32Array, highest: int, lowest: int) -> bool:
    """Say whether finite samples float32 [N] with extremes at these places rest on one of them."""
    tolerance = TOLERANCE * (row[highest] - row[lowest])
    above = row[max(0, highest - REACH) : highest + REACH] >= row[highest] - tolerance
    below = row[max(0, lowest - REACH) : lowest + REACH] <= row[lowest] + tolerance
    return bool(max(np.count_nonzero(above), np.count_nonzero(below)) > MOST_AT_EXTREME)
