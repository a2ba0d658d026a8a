"""Envelope spectra of overlapping bands of one spectrum, from the correlation of its blocks."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from functions.core.bearings.spectra import in_units_of_mean, quick_length
from functions.core.preprocessing.arrays import Complex64Array, Float32Array

# A spectrum is cut into so many blocks; bands are runs of them, [first, end): the whole, and six that overlap.
_BLOCKS = 15
BANDS = ((0, _BLOCKS), *((first, first + 5) for first in range(0, 11, 2)))
# NumPy transforms four rows side by side, and what is left over one by one: rows of zeros make up the fours.
_BLOCK_ROWS, _BAND_ROWS = 16, 8
# The first bin of a block is this many above the same number of whole blocks, at most: blocks are not all as long.
_MOST_SHIFTED = _BLOCKS

Number = TypeVar("Number", np.float32, np.complex64)


def band_widths(size: int) -> NDArray[np.intp]:
    """Return the bins of each band of a spectrum of `size` bins, [bands]."""
    return np.array([end * size // _BLOCKS - first * size // _BLOCKS for first, end in BANDS])


def band_envelope_spectra(spectrum: Complex64Array, bins: int) -> Float32Array:
    """Return what `envelope_spectra` returns, of every band of a spectrum at once.

    The spectrum of a band's squared envelope is the correlation of the band with itself, and the correlations of all
    bands are sums of those of blocks: short transforms, each made once, in place of long ones for each band.

    Args:
        spectrum: of a real window, complex64 [F], from 0 Hz to half the sample rate.
        bins: how many are needed, from 0 Hz up.

    Returns:
        float32 [bands, bins]; a band has nothing but rounding from as many bins up as it is wide.

    Source: the theorem of Wiener and Khinchin; correlation by blocks as A. V. Oppenheim and R. W. Schafer,
    Discrete-Time Signal Processing, section 8.7.
    """
    block = len(spectrum) // _BLOCKS
    reach = block + _MOST_SHIFTED
    blocks = np.fft.fft(_placed(spectrum, block, quick_length(2 * reach)), norm="forward")[:_BLOCKS]
    # From a lag of -_MOST_SHIFTED up: those below 0 hold nothing but rounding.
    found = np.zeros((len(BANDS), bins + 2 * reach + _MOST_SHIFTED), np.complex64)
    powers = np.fft.rfft(_of_bands(np.square(np.abs(blocks)), 0), norm="forward")
    found[:, _MOST_SHIFTED : _MOST_SHIFTED + reach] = np.conj(powers[: len(BANDS), :reach])
    for distance in range(1, min(_BLOCKS, (bins + _MOST_SHIFTED) // max(block, 1) + 2)):
        pairs = blocks[distance:] * np.conj(blocks[:-distance])
        lags = np.fft.ifft(_of_bands(pairs, distance))[: len(BANDS)]
        zero = distance * block + _MOST_SHIFTED
        found[:, zero : zero + reach] += lags[:, :reach]
        found[:, zero - reach : zero] += lags[:, -reach:]
    return in_units_of_mean(np.abs(found[:, _MOST_SHIFTED : _MOST_SHIFTED + bins]))


def _placed(spectrum: Complex64Array, block: int, length: int) -> Complex64Array:
    """Return the blocks of a spectrum, each in zeros, complex64 [block rows, length]: n starts at n times `block`."""
    placed = np.zeros((_BLOCK_ROWS, length), np.complex64)
    for number, row in enumerate(placed[:_BLOCKS]):
        first, end = (edge * len(spectrum) // _BLOCKS for edge in (number, number + 1))
        row[first - number * block : end - number * block] = spectrum[first:end]
    return placed


def _of_bands(pairs: NDArray[Number], distance: int) -> NDArray[Number]:
    """Return the sums over each band, [band rows, N], of pairs [blocks - distance, N] of its blocks."""
    sums = np.zeros((_BAND_ROWS, pairs.shape[1]), pairs.dtype)
    for row, (first, end) in zip(sums, BANDS, strict=False):
        pairs[first : max(first, end - distance)].sum(axis=0, out=row)
    return sums
