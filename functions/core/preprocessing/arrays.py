"""Types of the arrays of the serve flow, and conversion to float32."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32Array: TypeAlias = NDArray[np.float32]
Float64Array: TypeAlias = NDArray[np.float64]


def as_float32(values: NDArray[Any]) -> Float32Array:
    """Return numbers as contiguous float32; what float32 cannot hold becomes infinity, to be refused later."""
    if values.dtype == np.float32:
        return np.ascontiguousarray(values)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)
