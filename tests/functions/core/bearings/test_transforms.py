"""Transforms made of short ones, against NumPy's of the whole signal in double precision."""

import numpy as np
import pytest

from functions.core.bearings.transforms import first_bins, spectra_of_squared_envelopes
from functions.core.preprocessing.arrays import Float32Array


def signals(*shape: int) -> Float32Array:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


# Squares, products of small primes, an odd length, a prime, and lengths of no more than a few samples.
@pytest.mark.parametrize("length", [1, 2, 3, 7, 64, 9409, 24_000, 24_690, 44_100])
@pytest.mark.parametrize("share", [0, 0.4, 1])
def test_the_first_bins_are_those_of_the_whole_transform(length: int, share: float) -> None:
    whole = np.fft.rfft(signals(length).astype(np.float64)) / length
    bins = max(1, int(share * len(whole)))
    found = first_bins(signals(length), bins)
    assert found.dtype == np.complex64
    assert found.shape == (bins,)
    np.testing.assert_allclose(found, whole[:bins], rtol=0, atol=3e-7 * np.abs(whole).max())


def test_each_signal_is_transformed_by_itself() -> None:
    several = signals(2, 3, 1200)
    found = first_bins(several, 601)
    np.testing.assert_allclose(found, np.fft.rfft(several) / 1200, rtol=0, atol=1e-7)
    np.testing.assert_array_equal(found[1, 2], first_bins(several[1, 2], 601))


@pytest.mark.parametrize(("count", "length", "bins"), [(400, 625, 200), (400, 800, 401), (30, 47, 17)])
def test_the_spectra_of_squared_envelopes_are_those_of_the_signals(count: int, length: int, bins: int) -> None:
    spectra = signals(2, 2 * count).view(np.complex64)
    expected = np.fft.rfft(np.abs(np.fft.ifft(spectra.astype(np.complex128), length)) ** 2)[:, :bins]
    found = spectra_of_squared_envelopes(spectra, length, bins)
    assert found.shape == (2, bins)
    scale = expected[0, 0].real / found[0, 0].real
    np.testing.assert_allclose(found.conj() * scale, expected, rtol=0, atol=1e-6 * np.abs(expected).max())
