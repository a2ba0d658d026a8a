"""Resampling of a recording to the model's sample rate."""

import numpy as np

from functions.core.preprocessing.arrays import Float32Array


def resample(samples: Float32Array, from_hz: float, to_hz: float) -> Float32Array:
    """Resample a band-limited signal with soxr at high quality (20 bits, linear phase).

    Args:
        samples: float32 [C, N].
        from_hz: its sample rate.
        to_hz: the wanted one; equal rates return the samples as they are.

    Returns:
        float32 [C, about N * to_hz / from_hz].
    """
    if from_hz == to_hz:
        return samples
    # Late: a recording at the model's own rate never needs it.
    import soxr

    return np.ascontiguousarray(soxr.resample(samples.T, from_hz, to_hz, quality="HQ").T, dtype=np.float32)
