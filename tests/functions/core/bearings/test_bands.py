"""Envelope spectra of all bands at once, against those of each band alone."""

import numpy as np
import pytest

from functions.core.bearings.bands import BANDS, band_envelope_spectra, band_widths
from functions.core.bearings.spectra import envelope_spectra, whitened_spectra
from tests.support.bearings import impacts, noise


def test_bands_overlap_and_cover_the_spectrum() -> None:
    assert BANDS == ((0, 15), (0, 5), (2, 7), (4, 9), (6, 11), (8, 13), (10, 15))
    assert band_widths(12_001).tolist() == [12_001, 4000, 4000, 4000, 4000, 4000, 4001]


# Lengths whose blocks are all as long and whose are not, and bins of part of a block, of several, and beyond a band.
@pytest.mark.parametrize("length", [200, 8000, 24_000, 25_603])
@pytest.mark.parametrize("bins", [3, 50, 900, 3000])
def test_each_band_is_read_as_it_is_alone(length: int, bins: int) -> None:
    samples = (impacts(length / 12_000, 100) + noise(length / 12_000))[:length]
    spectrum = whitened_spectra(samples)
    found = band_envelope_spectra(spectrum, bins)
    assert found.dtype == np.float32
    assert found.shape == (len(BANDS), bins)
    edges = [number * len(spectrum) // 15 for number in range(16)]
    for row, (first, end) in zip(found, BANDS, strict=True):
        count = min(bins, edges[end] - edges[first])
        alone = envelope_spectra(spectrum[edges[first] : edges[end]], count)
        np.testing.assert_allclose(row[:count], alone, atol=2e-6)
        np.testing.assert_allclose(row[count:], 0, atol=2e-6)


def test_a_spectrum_of_nothing_has_bands_of_nothing() -> None:
    np.testing.assert_array_equal(band_envelope_spectra(np.zeros(1001, np.complex64), 100), np.zeros((len(BANDS), 100)))
