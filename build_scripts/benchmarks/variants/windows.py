"""What benchmarks run on: noise, for speed and memory do not depend on the signal."""

import numpy as np

from functions.core.preprocessing.arrays import Float32Array

SIGMA_G = 0.1


def noise_windows(count: int, channels: int, window: int) -> Float32Array:
    """Return windows of noise of 0.1 g, float32 [count, channels, window], always the same."""
    return np.random.default_rng(0).normal(0.0, SIGMA_G, (count, channels, window)).astype(np.float32)
