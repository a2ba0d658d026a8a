"""Types of the arrays of the serve flow, and conversion to float32."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Float32Array: TypeAlias = NDArray[np.float32]
Float64Array: TypeAlias = NDArray[np.float64]
Complex64Array: TypeAlias = NDArray[np.complex64]


class WholeSpectrum(Struct):
    """The whitened spectrum of a recording that is a single window, made once: evidence and features both read it.

    made: complex64 [F]; None until one of them needs it.
    """

    made: Complex64Array | None = None

    def made_by(self, make: Callable[[], Complex64Array]) -> Complex64Array:
        """Return the spectrum, which `make` makes where there is none yet."""
        if self.made is None:
            self.made = make()
        return self.made


def as_float32(values: NDArray[Any]) -> Float32Array:
    """Return numbers as contiguous float32; what float32 cannot hold becomes infinity, to be refused later."""
    if values.dtype == np.float32:
        return np.ascontiguousarray(values)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)
