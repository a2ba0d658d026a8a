"""Signals of no machine: what a network is shown so that it learns to tell them from the machine it knows.

Source: Hendrycks, Mazeika and Dietterich, "Deep Anomaly Detection with Outlier Exposure", ICLR 2019.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from functions.core.preprocessing.arrays import Float32Array

MAINS_HZ = (50.0, 60.0)
HUM_HARMONICS = (1, 2, 3, 5)
LOWEST_HZ, HIGHEST_SHARE = 20.0, 0.49
LEVEL_RANGE = (0.1, 3.0)
CLIPPED_AT_RMS = (0.2, 1.0)

Samples = NDArray[np.float64]
Outlier = Callable[[np.random.Generator, int, float], Samples]


def white_noise(rng: np.random.Generator, samples: int, sample_rate_hz: float) -> Samples:
    """White noise of an RMS of 1: a sensor on the table; float64 [samples]."""
    return rng.standard_normal(samples)


def sine(rng: np.random.Generator, samples: int, sample_rate_hz: float) -> Samples:
    """A tone of 20 Hz to nearly half the rate with up to a tenth of noise; float64 [samples]."""
    frequency_hz = rng.uniform(LOWEST_HZ, HIGHEST_SHARE * sample_rate_hz)
    tone = np.sin(2 * np.pi * (frequency_hz * np.arange(samples) / sample_rate_hz + rng.random()))
    return np.asarray(tone + rng.uniform(0.0, 0.1) * rng.standard_normal(samples))


def hum(rng: np.random.Generator, samples: int, sample_rate_hz: float) -> Samples:
    """Silence with mains hum: 50 or 60 Hz with harmonics above a little noise; float64 [samples]."""
    turns = rng.choice(MAINS_HZ) * np.arange(samples) / sample_rate_hz
    lines = [rng.random() / order * np.sin(2 * np.pi * (order * turns + rng.random())) for order in HUM_HARMONICS]
    return np.asarray(np.sum(lines, axis=0) + 10 ** rng.uniform(-2.5, -0.5) * rng.standard_normal(samples))


OUTLIERS: Mapping[str, Outlier] = {"white noise": white_noise, "sine": sine, "silence with hum": hum}
KINDS = (*OUTLIERS, "clipped")


def clipped(rng: np.random.Generator, windows: Float32Array) -> Float32Array:
    """Return windows float32 [B, C, T] cut off at a random 0.2 to 1 of their RMS, as an overdriven sensor does."""
    limit = windows.std(axis=(1, 2), keepdims=True) * rng.uniform(*CLIPPED_AT_RMS, (len(windows), 1, 1))
    cut: Float32Array = np.clip(windows, -limit, limit).astype(np.float32)
    return cut


def exposure(rng: np.random.Generator, known: Float32Array, each: int, sample_rate_hz: float) -> Float32Array:
    """Return `each` outliers of every kind, beside known windows float32 [B, C, T]: float32 [n, C, T].

    Their levels are a tenth to three times that of the known windows, apart from the clipped ones, which are
    known windows themselves. One kind follows the other, `KINDS` names them.
    """
    shape, level = known.shape[1:], float(known.std())
    drawn = [
        level * _level(rng) * np.stack([outlier(rng, shape[1], sample_rate_hz) for _ in range(shape[0])])
        for outlier in OUTLIERS.values()
        for _ in range(each)
    ]
    chosen = known[rng.integers(0, len(known), each)]
    return np.concatenate([np.stack(drawn).astype(np.float32), clipped(rng, chosen)])


def _level(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(LEVEL_RANGE))))
