"""Sensor and environment noise of one record; every source returns float64 [N] in g."""

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.simulation.classes import SAMPLE_RATE_HZ

WHITE_SIGMA_G = 0.03
WALK_SIGMA_G = 0.02
DRIFT_AMPLITUDE_G = 0.015
DRIFT_PERIOD_S = 1.5
OFFSET_RATE_G_PER_S = 0.0002
ALIAS_PROBABILITY = 0.10
ALIAS_AMPLITUDE_G = 0.005
IMPULSES = 10
IMPULSE_SAMPLES = 5

Samples = NDArray[np.float64]


def white(rng: np.random.Generator, samples: int) -> Samples:
    """White sensor noise of sigma 0.03 g."""
    return rng.normal(0.0, WHITE_SIGMA_G, samples)


def mains_hum(rng: np.random.Generator, time_s: Samples) -> Samples:
    """A line of 0.010 to 0.015 g at 50 to 60 Hz."""
    amplitude, frequency_hz = 0.01 * (1.0 + 0.5 * rng.random()), 50.0 + 10.0 * rng.random()
    return np.asarray(amplitude * np.sin(2.0 * np.pi * (frequency_hz * time_s + rng.random())))


def random_walk(rng: np.random.Generator, samples: int) -> Samples:
    """Brownian noise from zero, scaled to a standard deviation of 0.02 g; its mean stays in."""
    walk = np.cumsum(rng.standard_normal(samples))
    return np.asarray(WALK_SIGMA_G / walk.std() * walk)


def slow_drift(time_s: Samples) -> Samples:
    """A sine of 0.015 g with a period of 1.5 s, and an offset that grows by 0.2 mg each second."""
    return DRIFT_AMPLITUDE_G * np.sin(2.0 * np.pi * time_s / DRIFT_PERIOD_S) + OFFSET_RATE_G_PER_S * time_s


def aliased_tone(rng: np.random.Generator, time_s: Samples) -> Samples:
    """In 10 % of records a tone of 0.005 g, 100 to 300 Hz above Nyquist, which folds down."""
    if rng.random() >= ALIAS_PROBABILITY:
        return np.zeros_like(time_s)
    frequency_hz = SAMPLE_RATE_HZ / 2 + rng.uniform(100.0, 300.0)
    return np.asarray(ALIAS_AMPLITUDE_G * np.sin(2.0 * np.pi * (frequency_hz * time_s + rng.random())))


def decaying_noise(rng: np.random.Generator, samples: int, decay: float) -> Samples:
    """Standard normal noise under `exp(-decay * n)`: the shape of every impact."""
    return np.asarray(np.exp(-decay * np.arange(samples)) * rng.standard_normal(samples))


def impulses(rng: np.random.Generator, samples: int) -> Samples:
    """Ten electromagnetic impulses of at most five samples, 0.02 to 0.05 g before their decay."""
    total = np.zeros(samples)
    for start in rng.integers(0, samples - IMPULSE_SAMPLES, IMPULSES):
        length = int(rng.integers(1, IMPULSE_SAMPLES + 1))
        total[start : start + length] += (0.02 + 0.03 * rng.random()) * decaying_noise(rng, length, 0.3)
    return total


def environment(rng: np.random.Generator, time_s: Samples) -> Samples:
    """The sum of all sources; float64 [N], g."""
    samples = time_s.size
    steady = white(rng, samples) + mains_hum(rng, time_s) + random_walk(rng, samples) + slow_drift(time_s)
    return steady + aliased_tone(rng, time_s) + impulses(rng, samples)
