"""Decoder of application/x-npy, NumPy's own file format: floats or integers, never pickles."""

import io
import math
import re
from collections.abc import Sequence
from tokenize import TokenError
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from functions.core.decoding.orientation import as_recording, channels_first, rows_are_times
from functions.core.errors import EmptyBodyError, MalformedBodyError, SignalShapeError, SignalTypeError
from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.core.preprocessing.integers import INTEGER_DTYPES, scaled
from functions.core.preprocessing.signal import Recording, check_batch_size, check_channel_count

# Exceptions of NumPy's reader for broken headers.
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
# The third differs from the second only in letters that names of fields may have.
_VERSIONS = {(1, 0), (2, 0), (3, 0)}
# Of version 1.0: what a file begins with, and the size of the header before the header. Source: NEP 1.
_PREAMBLE, _PREAMBLE_BYTES = b"\x93NUMPY\x01\x00", 10
_PLAIN_HEADER = re.compile(
    rb"\{'descr': '([<>][fiu][248])', 'fortran_order': (False|True), 'shape': \(([1-9]\d{0,9},"
    rb"|[1-9]\d{0,9}(?:, [1-9]\d{0,9}){1,2})\), \} *\n"
)
# Shape, order of Fortran, type, and where the numbers begin.
_Header = tuple[tuple[int, ...], bool, np.dtype[Any], int]
# Beyond any memory, and NumPy can still count its bytes.
_LONGEST = 2**60


class _File(Struct, frozen=True):
    """A .npy file whose header was checked: it has as many numbers as promised, and no recording is empty."""

    shape: tuple[int, ...]
    is_fortran: bool
    values: NDArray[Any]

    def samples(self, full_scale: float | None) -> Float32Array:
        """Return its array; float32 is not copied where its bytes are aligned."""
        values = self.values if self.values.flags.aligned else self.values.copy()
        array = values.reshape(self.shape[::-1]).T if self.is_fortran else values.reshape(self.shape)
        return as_float32(array if full_scale is None or array.dtype.kind == "f" else scaled(array, full_scale))


def decode_npy(body: bytes, full_scale: float | None = None) -> Recording:
    """Decode a .npy, shape [N] or [C, N], or [N, C] where N is far larger, into float32 [C, N]; others may be 1.

    Args:
        body: the file.
        full_scale: value of an integer at full scale; floats stand for themselves.

    Raises:
        MalformedBodyError: no npy header, or other bytes than the header promises.
        SignalTypeError: integers without `full_scale`, or no numbers of 8 to 32 bits or floats to 64 (objects are
            pickles: refused).
        SignalShapeError: not one or two dimensions, one of no length, or too many channels.
    """
    file = _open(body, full_scale)
    # A batch of one, or a channel of its own.
    lengths = [length for length in file.shape if length != 1] if len(file.shape) > 2 else list(file.shape)
    if not 1 <= len(lengths) <= 2:
        raise SignalShapeError(f"The npy array has shape {_shown(file.shape)}; send [samples] or [channels, samples].")
    rows, columns = lengths if len(lengths) == 2 else (1, lengths[0])
    check_channel_count(columns if rows_are_times(rows, columns) else rows)
    return as_recording(channels_first(file.samples(full_scale).reshape(rows, columns)))


def decode_npy_batch(body: bytes, most: int, full_scale: float | None = None) -> list[Recording]:
    """Decode a .npy of B recordings, shape [B, N] or [B, C, N], into B recordings float32 [C, N]; B may be 0.

    Args:
        body: the file.
        most: recordings that are taken.
        full_scale: as `decode_npy`.

    Raises:
        EmptyBodyError: no bytes.
        BatchTooLargeError: more recordings.
        MalformedBodyError, SignalTypeError, SignalShapeError: as `decode_npy`.
    """
    if not body:
        raise EmptyBodyError
    file = _open(body, full_scale, is_batch=True)
    if not 2 <= len(file.shape) <= 3:
        raise SignalShapeError(
            f"The npy array has shape {_shown(file.shape)}; send [recordings, samples] or"
            " [recordings, channels, samples].",
            field="signals",
        )
    check_batch_size(file.shape[0], most)
    rows, columns = file.shape[1:] if len(file.shape) == 3 else (1, file.shape[1])
    check_channel_count(columns if rows_are_times(rows, columns) else rows, "signals")
    if not file.shape[0]:
        return []
    return [as_recording(channels_first(np.atleast_2d(one))) for one in file.samples(full_scale)]


def _open(body: bytes, full_scale: float | None, *, is_batch: bool = False) -> _File:
    """Read a header and check it against the bytes that follow: their number, and no dimension of 0."""
    try:
        shape, is_fortran, dtype, start = _plain_header(body) or _read_header(body)
    except _BROKEN_HEADER:
        raise MalformedBodyError("The body is not a npy file: its header cannot be read.", field="signal") from None
    _check_type(dtype, full_scale)
    _check_promise(shape, dtype.itemsize, len(body) - start)
    if 0 in shape[is_batch:]:
        raise SignalShapeError(
            f"The npy array has shape {_shown(shape)}: a dimension of 0 holds no samples.",
            field="signals" if is_batch else "signal",
        )
    return _File(shape, is_fortran, np.frombuffer(body, dtype, offset=start))


def _check_type(dtype: np.dtype[Any], full_scale: float | None) -> None:
    if dtype.kind == "f" and dtype.itemsize <= 8:
        return
    if dtype.name not in INTEGER_DTYPES:
        raise SignalTypeError(
            f"The npy array has dtype {str(dtype)[:40]}; send float16, float32 or float64, or integers of 8 to 32 bits"
            " with `full_scale`."
        )
    if full_scale is None:
        raise SignalTypeError(
            f"The npy array has dtype {dtype.name}; state with `full_scale` what a sample at full scale is, or send"
            " floats."
        )


def _plain_header(body: bytes) -> _Header | None:
    """Return a header that stands as NumPy writes it, None of another: evaluating it would take half of a decoding."""
    start = _PREAMBLE_BYTES + int.from_bytes(body[len(_PREAMBLE) : _PREAMBLE_BYTES], "little")
    found = _PLAIN_HEADER.fullmatch(body, _PREAMBLE_BYTES, start) if body.startswith(_PREAMBLE) else None
    if found is None:
        return None
    shape = tuple(map(int, found[3].rstrip(b",").split(b", ")))
    return shape, found[2] == b"True", np.dtype(found[1].decode()), start


def _read_header(body: bytes) -> _Header:
    stream = io.BytesIO(body)
    version = npy_format.read_magic(stream)
    if version not in _VERSIONS:
        raise ValueError
    read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    return *read(stream), stream.tell()


def _check_promise(shape: Sequence[int], item_bytes: int, present: int) -> None:
    if any(type(length) is not int or not 0 <= length <= _LONGEST for length in shape):
        raise MalformedBodyError(f"The npy header promises the shape {_shown(shape)}, which is none.", field="signal")
    promised = math.prod(shape) * item_bytes
    if promised != present:
        raise MalformedBodyError(
            f"The npy header promises {_number(promised)} bytes of samples; {present} follow.", field="signal"
        )


def _shown(shape: Sequence[int]) -> str:
    return f"({', '.join(map(_number, shape[:8]))}{', ...' if len(shape) > 8 else ''})"


def _number(value: int) -> str:
    """Return a number as text; Python refuses to write one of thousands of digits."""
    return str(value) if abs(value) <= _LONGEST else "more than 2^60"
