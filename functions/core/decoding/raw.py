"""application/octet-stream: little-endian float32 or int16 samples of one channel."""

from collections.abc import Mapping

import numpy as np

from functions.core.errors import MalformedBodyError
from functions.core.models.options import SampleFormat
from functions.core.preprocessing.signal import Recording

# In bytes.
SAMPLE_BYTES: Mapping[SampleFormat, int] = {"float32": 4, "int16": 2}
_FULL_SCALE = 32_768


def decode_raw(body: bytes | memoryview, full_scale: float = 1.0, sample_format: SampleFormat = "float32") -> Recording:
    """Decode raw samples, one channel, into float32 [1, N].

    Args:
        body: the samples, little-endian.
        full_scale: value of an int16 sample at full scale, 32,768; float32 samples stand for themselves.
        sample_format: `float32` or `int16`.

    Raises:
        MalformedBodyError: the length is no multiple of a sample's.
    """
    size = SAMPLE_BYTES[sample_format]
    if len(body) % size:
        raise MalformedBodyError(
            f"The body has {len(body)} bytes; {sample_format} samples take {size} bytes each, so a multiple of {size}.",
            field="signal",
        )
    if sample_format == "int16":
        samples = np.multiply(np.frombuffer(body, "<i2"), np.float32(full_scale / _FULL_SCALE), dtype=np.float32)
    else:
        samples = np.frombuffer(body, "<f4").astype(np.float32, copy=False)
    return Recording(samples[np.newaxis])
