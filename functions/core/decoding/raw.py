"""Decoder of application/octet-stream: samples of one channel, floats or integers, in either byte order."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.core.errors import MalformedBodyError
from functions.core.models.options import SampleFormat
from functions.core.preprocessing.arrays import as_float32
from functions.core.preprocessing.integers import scaled
from functions.core.preprocessing.signal import Recording

_DTYPES: Mapping[SampleFormat, str] = {
    "float32": "<f4",
    "float64": "<f8",
    "int16": "<i2",
    "int32": "<i4",
    "float32be": ">f4",
    "float64be": ">f8",
    "int16be": ">i2",
    "int32be": ">i4",
}
# No sensor gives larger values; integers, and floats of another size or byte order, give them when read as floats.
_ABSURD = 1e15
_LOOKED_AT = 1024
# Size of a sample, in bytes.
SAMPLE_BYTES: Mapping[SampleFormat, int] = {name: int(dtype[-1]) for name, dtype in _DTYPES.items()}


def decode_raw(
    body: bytes | memoryview, full_scale: float | None = None, sample_format: SampleFormat = "float32"
) -> Recording:
    """Decode raw samples, one channel, into float32 [1, N].

    Args:
        body: the samples.
        full_scale: value of an integer sample at full scale, by default 1; floats stand for themselves.
        sample_format: type and byte order of a sample; little-endian but for those that end in `be`.

    Raises:
        MalformedBodyError: the length is no multiple of a sample's, or the values are absurd.
    """
    size = SAMPLE_BYTES[sample_format]
    if len(body) % size:
        raise MalformedBodyError(
            f"The body has {len(body)} bytes; {sample_format} samples take {size} bytes each, so a multiple of {size}.",
            field="signal",
        )
    values = np.frombuffer(body, _DTYPES[sample_format])
    _check_magnitudes(values[:_LOOKED_AT], sample_format)
    samples = as_float32(values) if values.dtype.kind == "f" else scaled(values, full_scale or 1.0)
    return Recording(samples[np.newaxis])


def _check_magnitudes(values: NDArray[Any], sample_format: SampleFormat) -> None:
    # Most bodies have usual values: no square is larger than the sum of all.
    if values.dtype.kind != "f" or np.vdot(values, values) <= _ABSURD**2:
        return
    with np.errstate(invalid="ignore"):
        magnitudes = np.abs(values)
        is_absurd = (magnitudes > _ABSURD) & (magnitudes < np.inf)
    if is_absurd.any():
        place = int(is_absurd.argmax())
        others = ", ".join(name for name in SAMPLE_BYTES if name != sample_format)
        raise MalformedBodyError(
            f"As {sample_format} the bytes have values such as {values[place]:.2g} (sample {place}): state with"
            f" `sample_format` what they are, {others}.",
            field="sample_format",
        )
