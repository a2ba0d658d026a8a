"""Decimated windows: what the band keeps, and what does not fold back onto it."""

import numpy as np
import pytest

from functions.core.bearings.decimation import decimated
from functions.core.preprocessing.arrays import Float32Array

# Of whole blocks of the matrices, of a part of one, and of less than one row.
LENGTHS = [2**17, 30_006, 6]


def noise(*shape: int) -> Float32Array:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("step", [2, 3, 19])
@pytest.mark.parametrize("length", LENGTHS)
def test_the_lowest_quarter_of_the_spectrum_stays_what_it_was(step: int, length: int) -> None:
    windows = noise(2, step * length)
    found = decimated(windows, step)
    assert found.dtype == np.float32
    assert found.shape == (2, length)
    bins = length // 4 + 1
    expected, kept = np.fft.rfft(windows)[:, :bins] / step, np.fft.rfft(found)[:, :bins]
    delay = np.exp(1j * np.pi * (9 * step - 1) * np.arange(bins) / (step * length))
    np.testing.assert_allclose(kept, expected * delay, rtol=0, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize("step", [2, 3, 19])
def test_a_tone_that_would_fold_back_onto_it_is_65_db_lower(step: int) -> None:
    length = 4096
    # At 0.8 of the new rate: it folds back to 0.2 of it.
    place = round(0.8 * length)
    tone = np.cos(2 * np.pi * place * np.arange(step * length) / (step * length)).astype(np.float32)[None]
    magnitudes = 2 * np.abs(np.fft.rfft(decimated(tone, step)))[0] / length
    assert 20 * np.log10(magnitudes[: length // 4].max()) < -65


def test_a_step_of_one_leaves_the_windows_as_they_are() -> None:
    windows = noise(1, 100)
    assert decimated(windows, 1) is windows
