"""Fourier transforms of long float32 signals, each made of two sets of short ones.

NumPy transforms several short signals side by side in the registers of the processor, and a long one number by number:
the same spectrum takes half of the time, or less, from short transforms.

Source: D. H. Bailey, "FFTs in external or hierarchical memory", Journal of Supercomputing 4 (1990).
"""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.core.preprocessing.arrays import Complex64Array, Float32Array

# Tables that are kept: of some recordings' rates and durations, each as large as the signal.
_TABLES = 4


def first_bins(signals: Float32Array, bins: int) -> Complex64Array:
    """Return the first bins of the spectra of real signals.

    Args:
        signals: float32 [..., N]; the more divisors N has, the quicker.
        bins: how many, at most N // 2 + 1.

    Returns:
        complex64 [..., bins], divided by N: bin 0 is the mean.
    """
    length = signals.shape[-1]
    short = _divisor(length)
    # Sample number s + short * n, by n and s.
    grid = signals.reshape(*signals.shape[:-1], length // short, short)
    of_columns = np.fft.rfft(grid, axis=-2, norm="forward")
    of_columns *= _turns(of_columns.shape[-2], short, length)
    return _in_order(np.fft.fft(of_columns, norm="forward").swapaxes(-2, -1), length // short, bins)


def spectra_of_squared_envelopes(spectra: Complex64Array, length: int, bins: int) -> Complex64Array:
    """Return the first bins of the spectra of |x|^2, where x are the signals of some spectra.

    Args:
        spectra: complex64 [..., F] from 0 Hz up; what lies above them is 0.
        length: of the signals, F or more.
        bins: how many, at most length // 2 + 1.

    Returns:
        complex64 [..., bins], each the conjugate of the bin, at one scale for all.
    """
    short = _divisor(length)
    padded = np.zeros((*spectra.shape[:-1], length), np.complex64)
    padded[..., : spectra.shape[-1]] = spectra
    turns = _turns(short, length // short, length)
    grid = np.fft.fft(padded.reshape(*spectra.shape[:-1], short, length // short), axis=-2, norm="forward")
    grid *= turns
    # Forward in place of back: the signal in reverse, of which the squared magnitude has the conjugate spectrum. Its
    # sample s + short * n stands at [s, n], as the way back needs it.
    reverse = np.fft.fft(grid, norm="forward")
    of_rows = np.fft.rfft(np.square(reverse.real) + np.square(reverse.imag), norm="forward")
    of_rows *= turns[:, : of_rows.shape[-1]]
    return _in_order(np.fft.fft(of_rows, axis=-2, norm="forward"), length // short, bins)


def _in_order(halves: NDArray[np.complexfloating[Any, Any]], width: int, bins: int) -> Complex64Array:
    """Return the first bins of a real signal's spectrum [..., bins] from its grid of bins.

    Args:
        halves: [..., rows, width // 2 + 1]: bin number width * row + column; the columns left out are the conjugates of
            bins that are there.
        width: columns of the whole grid.
        bins: how many are needed, at most half of the grid's.
    """
    rows, half = -(-bins // width), halves.shape[-1]
    whole = np.empty((*halves.shape[:-2], rows, width), np.complex64)
    whole[..., :half] = halves[..., :rows, :]
    whole[..., half:] = halves[..., : -rows - 1 : -1, width - half : 0 : -1].conj()
    return whole.reshape(*halves.shape[:-2], rows * width)[..., :bins]


@lru_cache(_TABLES)
def _turns(rows: int, columns: int, length: int) -> Complex64Array:
    """Return exp(-2 pi i r c / length) of each row r and column c, complex64 [rows, columns]."""
    angles = np.outer(np.arange(rows), np.arange(columns)) * (-2 * math.pi / length)
    turns = np.empty(angles.shape, np.complex64)
    turns.real, turns.imag = np.cos(angles), np.sin(angles)
    return turns


@lru_cache(_TABLES)
def _divisor(length: int) -> int:
    """Return the largest divisor of a length up to its square root."""
    return next(divisor for divisor in range(math.isqrt(length), 0, -1) if length % divisor == 0)
