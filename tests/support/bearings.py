"""Recordings of a simulated bearing: impacts that slip, a shaft's tones, noise."""

import numpy as np

from functions.core.bearings.catalogue import find_bearing
from functions.core.preprocessing.arrays import Float32Array
from tests.support.recordings import wav_bytes

RATE_HZ = 12_000
# In multiples of the speed of the shaft.
BPFO_6205 = 3.5848
SPEED_RPM = 1797.0


def noise(duration_s: float, seed: int = 0) -> Float32Array:
    """White noise of unit power, float32 [N]."""
    return np.random.default_rng(seed).standard_normal(int(duration_s * RATE_HZ)).astype(np.float32)


def shaft(duration_s: float, speed_rpm: float, lines: int = 12) -> Float32Array:
    """Tones at the multiples of a shaft's speed, float32 [N]."""
    time_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    angles = 2 * np.pi * speed_rpm / 60 * time_s
    return np.asarray(sum(0.3 * np.sin(n * angles + n) for n in range(1, lines + 1)), np.float32)


def impacts(duration_s: float, rate_of_impacts_hz: float, seed: int = 1, slip: float = 0.02) -> Float32Array:
    """A resonance at 3 kHz, struck again and again with slip, in parts of a period; of unit power, float32 [N]."""
    rng = np.random.default_rng(seed)
    samples = int(duration_s * RATE_HZ)
    count = int(duration_s * rate_of_impacts_hz)
    # Strikes without slip would be tones, and whitening takes those away.
    at_s = (np.arange(count) + 0.5 + slip * rng.standard_normal(count)) / rate_of_impacts_hz
    strikes = np.zeros(samples)
    strikes[np.minimum((at_s * RATE_HZ).astype(int), samples - 1)] = 1
    time_s = np.arange(400) / RATE_HZ
    ringing = np.convolve(strikes, np.exp(-800 * time_s) * np.sin(2 * np.pi * 3000 * time_s))[:samples]
    return np.asarray(ringing / ringing.std(), np.float32)


# A 6205 at SPEED_RPM: six seconds without a fault, and with one of the outer race.
QUIET: Float32Array = 0.02 * noise(6.0)
OUTER: Float32Array = QUIET + 0.012 * impacts(6.0, find_bearing("6205").orders().bpfo * SPEED_RPM / 60)


def damaged(*channels: Float32Array) -> bytes:
    """A WAV of these channels."""
    return wav_bytes(np.stack(channels, axis=1), RATE_HZ)


def outer_race(duration_s: float, seed: int = 1) -> Float32Array:
    """A faulty outer race of a 6205 whose shaft turns 1,800 times a minute, in noise, float32 [N]."""
    return impacts(duration_s, BPFO_6205 * 30, seed) + np.float32(0.7) * noise(duration_s, seed)
