"""Cutting of a recording into the windows that a model takes."""

import numpy as np

from functions.core.errors import SignalTooShortError
from functions.core.preprocessing.arrays import Float32Array


def cut_windows(samples: Float32Array, window: int) -> Float32Array:
    """Cut a recording into consecutive windows, the last one aligned to the end.

    Windows do not overlap, except that the last one reaches back when the length is no multiple of
    the window: no sample is left out and none is made up.

    Args:
        samples: float32 [C, N].
        window: window length T in samples.

    Returns:
        float32 [B, C, T], contiguous, with B = ceil(N / T).

    Raises:
        SignalTooShortError: N < T.
    """
    length = samples.shape[1]
    if length < window:
        raise SignalTooShortError(length=length, required=window)
    if length == window:
        return np.ascontiguousarray(samples[np.newaxis])
    starts = [*range(0, length - window, window), length - window]
    return np.stack([samples[:, start : start + window] for start in starts])
