"""Whitened spectra and the spectra of their envelope, against their definitions and against scipy."""

import numpy as np
import pytest
from scipy import signal

from functions.core.bearings.spectra import (
    envelope_spectra,
    longest_quick_length,
    quick_length,
    whitened_spectra,
)
from functions.core.preprocessing.arrays import Float32Array
from tests.support.bearings import RATE_HZ, impacts, noise

N = 2 * RATE_HZ


def struck(rate_of_impacts_hz: float, seed: int = 0) -> Float32Array:
    """Two seconds of impacts in noise of the same power."""
    return impacts(2, rate_of_impacts_hz, seed) + noise(2, seed)


def test_every_bin_has_magnitude_one_but_the_ends() -> None:
    spectra = whitened_spectra(struck(100))
    assert spectra.dtype == np.complex64
    assert spectra.shape == (N // 2 + 1,)
    assert spectra[0] == spectra[-1] == 0
    np.testing.assert_allclose(np.abs(spectra[1:-1]), 1, atol=1e-5)


def test_gain_and_offset_change_nothing() -> None:
    samples = struck(100)
    np.testing.assert_allclose(whitened_spectra(samples), whitened_spectra(50 * samples + 3), atol=2e-3)


def test_fewer_bins_are_the_first_ones() -> None:
    samples = struck(100)
    np.testing.assert_array_equal(whitened_spectra(samples, 500), whitened_spectra(samples)[:500])


def test_windows_of_nothing_have_spectra_of_nothing() -> None:
    spectra = whitened_spectra(np.zeros((2, 100), np.float32))
    np.testing.assert_array_equal(spectra, np.zeros((2, 51)))
    np.testing.assert_array_equal(envelope_spectra(spectra, 10), np.zeros((2, 10)))


def test_two_lines_make_one_line_at_their_difference() -> None:
    spectra = np.zeros(1001, np.complex64)
    spectra[[300, 340]] = 1
    found = envelope_spectra(spectra, 100)
    # |1 + exp(i d)|**2 = 2 + 2 cos(d): its line of one side is half its mean.
    assert found[40] == pytest.approx(0.5, abs=1e-5)
    np.testing.assert_allclose(np.delete(found, 40), 0, atol=1e-5)


def test_the_envelope_is_that_of_the_analytic_signal() -> None:
    samples = np.stack([struck(100), struck(87.5, seed=1)])
    spectra = whitened_spectra(samples)
    squared = np.abs(signal.hilbert(np.fft.irfft(spectra.astype(complex), N))) ** 2
    expected = np.abs(np.fft.rfft(squared))[:, :1000] / squared.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(envelope_spectra(spectra, 1000)[:, 1:], expected[:, 1:], atol=1e-5)


@pytest.mark.parametrize("band", [slice(None), slice(4000, 8000)])
def test_impacts_are_lines_at_their_rate_and_its_multiples(band: slice) -> None:
    found = envelope_spectra(whitened_spectra(struck(100))[band], 700)
    highest = sorted(np.argsort(found)[-3:].tolist())
    # Half a hertz apart: 100, 200 and 300 Hz.
    assert highest == [200, 400, 600]


def test_quick_lengths_are_products_of_small_primes() -> None:
    assert [quick_length(least) for least in (0, 1, 7, 11, 24_001, 51_201)] == [1, 1, 8, 12, 24_300, 51_840]
    assert [longest_quick_length(most) for most in (1, 7, 11, 24_001, 51_199)] == [1, 6, 10, 24_000, 50_625]
