"""application/x-npy: NumPy's own file format, numbers only, never pickles."""

import io
import math
from tokenize import TokenError

import numpy as np
from numpy.lib import format as npy_format

from functions.core.errors import EmptyBodyError, MalformedBodyError, SignalShapeError, SignalTypeError
from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.core.preprocessing.signal import Recording

# What NumPy's reader raises for headers that were written to break it.
_BROKEN_HEADER = (
    ValueError,
    EOFError,
    SyntaxError,
    TokenError,
    TypeError,
    OverflowError,
    RecursionError,
    MemoryError,
)


def decode_npy(body: bytes) -> Recording:
    """Decode a .npy of floats, shape [N] or [C, N], into float32 [C, N].

    Raises:
        MalformedBodyError: no npy header, or other bytes than the header promises.
        SignalTypeError: another dtype than float16, float32 or float64 (objects are pickles: refused).
        SignalShapeError: not one or two dimensions.
    """
    array = read_npy(body)
    if not 1 <= array.ndim <= 2:
        raise SignalShapeError(f"The npy array has shape {array.shape}; send [samples] or [channels, samples].")
    return Recording(np.atleast_2d(array))


def decode_npy_batch(body: bytes) -> list[Recording]:
    """Decode a .npy of B recordings, shape [B, N] or [B, C, N], into B recordings float32 [C, N].

    Raises:
        EmptyBodyError: no bytes.
        MalformedBodyError, SignalTypeError, SignalShapeError: as `decode_npy`.
    """
    if not body:
        raise EmptyBodyError
    array = read_npy(body)
    if not 2 <= array.ndim <= 3:
        raise SignalShapeError(
            f"The npy array has shape {array.shape}; send [recordings, samples] or [recordings, channels, samples].",
            field="signals",
        )
    return [Recording(np.atleast_2d(row)) for row in array]


def read_npy(body: bytes) -> Float32Array:
    """Read a .npy of floats of any shape as float32, after checking its header against its length.

    Raises:
        MalformedBodyError, SignalTypeError: as for `decode_npy`.
    """
    try:
        return _read(io.BytesIO(body), len(body))
    except _BROKEN_HEADER as error:
        raise MalformedBodyError(f"The body is not a npy file: {error}.", field="signal") from None


def _read(stream: io.BytesIO, size_bytes: int) -> Float32Array:
    shape, dtype = _read_header(stream)
    if dtype.kind != "f" or dtype.itemsize > 8:
        raise SignalTypeError(f"The npy array has dtype {dtype}; send float16, float32 or float64.")
    promised, present = math.prod(shape) * dtype.itemsize, size_bytes - stream.tell()
    if promised != present:
        raise MalformedBodyError(
            f"The npy header promises {promised} bytes of samples; {present} follow.", field="signal"
        )
    stream.seek(0)
    return as_float32(npy_format.read_array(stream, allow_pickle=False))


def _read_header(stream: io.BytesIO) -> tuple[tuple[int, ...], np.dtype]:
    version = npy_format.read_magic(stream)
    read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype
