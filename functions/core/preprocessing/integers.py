"""Conversion of integer samples, as an A/D converter gives them, to float32."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.core.preprocessing.arrays import Float32Array

# Unsigned ones count from the lowest value, so that the middle of their range is zero, as in a WAV of 8 bits.
INTEGER_DTYPES = ("int8", "int16", "int32", "uint8", "uint16")


def scaled(counts: NDArray[Any], full_scale: float) -> Float32Array:
    """Return integers as float32 where the largest magnitude of their type stands for `full_scale`.

    Args:
        counts: of one of INTEGER_DTYPES, in any byte order.
        full_scale: value at full scale, for int16 of 32,768 counts.
    """
    half = 2 ** (8 * counts.dtype.itemsize - 1)
    signed = counts.astype(np.float32) - np.float32(half) if counts.dtype.kind == "u" else counts
    samples: Float32Array = np.multiply(signed, np.float32(full_scale / half), dtype=np.float32)
    return samples
