"""application/octet-stream: little-endian float32 samples of one channel."""

import numpy as np

from functions.core.errors import MalformedBodyError
from functions.core.signal import Recording


def decode_float32(body: bytes | memoryview) -> Recording:
    """Decode little-endian float32 samples, one channel, into float32 [1, N].

    Raises:
        MalformedBodyError: the length is no multiple of 4.
    """
    if len(body) % 4:
        raise MalformedBodyError(
            f"The body has {len(body)} bytes; float32 samples take 4 bytes each, so a multiple of 4.",
            field="signal",
        )
    return Recording(np.frombuffer(body, dtype="<f4").astype(np.float32, copy=False)[np.newaxis])
