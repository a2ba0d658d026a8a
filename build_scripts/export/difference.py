"""How far two answers lie apart, and on what: the one measure of validation and of parity."""

import numpy as np

from functions.core.preprocessing.arrays import Float32Array

BATCHES = (1, 2, 7)
SIGMA_G = 0.2


def largest_difference(measured: Float32Array, expected: Float32Array) -> float:
    """Return the largest difference of two arrays of one shape: absolute up to a value of 1, relative above.

    Not a number where either holds one; 0 where they are empty.
    """
    if not expected.size:
        return 0.0
    return float((np.abs(measured - expected) / np.maximum(1.0, np.abs(expected))).max())
