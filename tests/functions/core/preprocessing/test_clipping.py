"""Recordings cut off at their sensor's range are distinguished from others."""

import numpy as np
import pytest

from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.clipping import extremes, is_clipped
from functions.core.preprocessing.signal import check_samples

RATE_HZ = 20480


def noise(samples: int = 3 * RATE_HZ) -> Float32Array:
    row: Float32Array = np.random.default_rng(1).standard_normal(samples).astype(np.float32)
    return row


def sine(frequency_hz: float) -> Float32Array:
    tone = np.sin(2 * np.pi * frequency_hz * np.arange(RATE_HZ) / RATE_HZ)
    row: Float32Array = (tone + 1e-3 * noise(RATE_HZ)).astype(np.float32)
    return row


def clipped(row: Float32Array) -> bool:
    return is_clipped(row, *extremes(row))


def test_the_extremes_are_where_they_are() -> None:
    assert extremes(np.array([0, 3, -2, 1], np.float32)) == (1, 2)


@pytest.mark.parametrize("row", [noise(), sine(60.0), sine(1234.5), noise(10)], ids=["noise", "low", "high", "short"])
def test_a_free_signal_is_not_clipped(row: Float32Array) -> None:
    assert not clipped(row)


@pytest.mark.parametrize("level_rms", [0.25, 0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("gain", [1e-3, 1.0, 1e4])
def test_a_signal_cut_off_is_clipped_at_any_level(level_rms: float, gain: float) -> None:
    assert clipped(np.float32(gain) * np.clip(noise(), -level_rms, level_rms))


@pytest.mark.parametrize(("low", "high"), [(-1.0, np.inf), (-np.inf, 1.0)])
def test_one_side_is_enough(low: float, high: float) -> None:
    assert clipped(np.clip(noise(), low, high).astype(np.float32))


def test_counts_of_a_recorder_are_not_taken_for_clipping() -> None:
    counts = np.round(noise() * 300)
    assert not clipped(counts.astype(np.float32))
    assert clipped(np.clip(counts, -512, 511).astype(np.float32))


def test_one_clipped_channel_is_enough() -> None:
    free = noise()
    assert not check_samples(np.stack([free, free])).clipped
    assert check_samples(np.stack([free, np.clip(free, -1, 1)])).clipped
