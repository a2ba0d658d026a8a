import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.preprocessing.resampling import resample


def sine(
    frequency_hz: float, rate_hz: float, seconds: float = 1.0
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(np.sin(2 * np.pi * frequency_hz * times)[np.newaxis], dtype=np.float32)


@given(st.integers(1000, 60_000), st.integers(1000, 60_000))
def test_a_sine_keeps_frequency_and_amplitude(from_hz: int, to_hz: int) -> None:
    resampled = resample(sine(200, from_hz), from_hz, to_hz)
    assert resampled.dtype == np.float32
    assert resampled.flags.c_contiguous
    assert abs(resampled.shape[1] - to_hz) <= 1
    # The ends ring: there was no signal before and after.
    inner = slice(to_hz // 8, -to_hz // 8)
    expected = sine(200, to_hz, resampled.shape[1] / to_hz)
    np.testing.assert_allclose(resampled[:, inner], expected[:, inner], atol=2e-3)


def test_what_the_new_rate_cannot_hold_is_removed() -> None:
    resampled = resample(sine(5000, 20_000), 20_000, 8_000)
    assert np.abs(resampled[:, 1000:-1000]).max() < 1e-4


def test_channels_do_not_mix() -> None:
    both = np.concatenate([sine(100, 12_000), sine(700, 12_000)])
    resampled = resample(both, 12_000, 20_480)
    for row, samples in zip(resampled, both, strict=True):
        np.testing.assert_allclose(row, resample(samples[np.newaxis], 12_000, 20_480)[0], atol=1e-6)


@pytest.mark.parametrize("rate_hz", [100.0, 2048.0, 20_480.0])
def test_equal_rates_return_the_very_same_samples(rate_hz: float) -> None:
    samples = sine(10, 1000)
    assert resample(samples, rate_hz, rate_hz) is samples
