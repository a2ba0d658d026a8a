"""Spectra of windows: whitened, of the envelope, decimated; and the floor that lines stand on."""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from functions.core.bearings.transforms import first_bins, spectra_of_squared_envelopes
from functions.core.preprocessing.arrays import Complex64Array, Float32Array, Float64Array, as_float32

# Added to a magnitude before it divides: an empty bin stays 0.
_TINY = np.float32(1e-30)
# Lengths, and windows of Hann, that are kept: those of some recordings' rates and durations.
_LENGTHS, _WINDOWS = 256, 4

Number = TypeVar("Number", bound=np.generic)


def whitened_spectra(windows: Float32Array, bins: int | None = None) -> Complex64Array:
    """Return spectra in which every bin has magnitude 1, so that no tone outweighs the impacts.

    Args:
        windows: float32 [..., N], of any unit and offset; N is quick where `quick_length` returns it as it is.
        bins: how many are needed, from 0 Hz up; by default all.

    Returns:
        complex64 [..., bins], N // 2 + 1 of them in all; those at 0 Hz and at half the sample rate are 0.

    Source: N. Sawalhi and R. B. Randall, "Signal pre-whitening for fault detection enhancement using surrogate
    methods", Proc. 8th Int. Conf. on Condition Monitoring, 2011 (cepstrum pre-whitening).
    """
    length = windows.shape[-1]
    centred = windows - windows.mean(axis=-1, keepdims=True)
    found = first_bins(centred, length // 2 + 1 if bins is None else bins)
    # Times the reciprocal: a complex number divided by a real one is slow.
    found *= 1 / (np.abs(found) + _TINY)
    found[..., 0] = 0
    if length % 2 == 0:
        found[..., length // 2 :] = 0
    return found


def envelope_spectra(spectra: Complex64Array, bins: int) -> Float32Array:
    """Return the spectra of the squared envelope, from 0 Hz up.

    The bins stand as far apart as those of `spectra`: the reciprocal of the window's duration.

    Args:
        spectra: of real windows, complex64 [..., F], from 0 Hz up, as far as the band that is read.
        bins: how many are needed, at most F.

    Returns:
        float32 [..., bins], magnitudes in units of the squared envelope's mean; bin 0, the mean itself, is 0.

    Source: R. B. Randall and J. Antoni, "Rolling element bearing diagnostics: a tutorial", Mechanical Systems and
    Signal Processing 25 (2011), section 5: squared envelope of the analytic signal, demodulated by moving a band to
    0 Hz.
    """
    # Longer by the bins that are needed: what folds back falls beyond them.
    length = quick_length(spectra.shape[-1] + bins)
    return in_units_of_mean(np.abs(spectra_of_squared_envelopes(spectra, length, bins)))


def in_units_of_mean(magnitudes: Float32Array) -> Float32Array:
    """Return magnitudes float32 [..., bins] of spectra, in place in units of bin 0, their mean, which becomes 0."""
    magnitudes /= np.maximum(magnitudes[..., :1], _TINY)
    magnitudes[..., 0] = 0
    return magnitudes


def decimated_magnitudes(samples: Float32Array, step: int, length: int, bins: int) -> Float32Array:
    """Return the magnitudes of Hann-windowed spectra of a recording, decimated by means over `step` samples.

    Args:
        samples: float32 [C, N], N at least `step * length`.
        step: samples that become one.
        length: of a spectrum's window, after decimation; what is left behind the last whole window is not used.
        bins: how many are needed, from 0 Hz up, at most length // 2 + 1.

    Returns:
        float32 [C * windows, bins].
    """
    windows = samples.shape[1] // (step * length)
    pieces = samples[:, : windows * length * step].reshape(len(samples) * windows, length, step)
    # A sum along a short axis takes a third of the time of a mean.
    slowed = np.einsum("wns->wn", pieces) / np.float32(step)
    slowed -= slowed.mean(axis=-1, keepdims=True)
    slowed *= _hann(length)
    return np.abs(first_bins(slowed, bins))


@lru_cache(_WINDOWS)
def _hann(length: int) -> Float32Array:
    """Return the window of Hann, float32 [length]."""
    return as_float32(np.hanning(length))


def spectral_floor(magnitudes: NDArray[np.floating[Any]], block: int) -> Float64Array:
    """Return the floor [..., F] that lines of spectra [..., F] stand on: medians of blocks, joined by straight lines.

    Args:
        magnitudes: at least one bin a spectrum.
        block: bins of a block; a spectrum that has fewer is one block.
    """
    bins = magnitudes.shape[-1]
    block = min(block, bins)
    count = bins // block
    ordered = np.sort(magnitudes[..., : count * block].reshape(-1, count, block), axis=-1)
    medians = (ordered[..., (block - 1) // 2] + ordered[..., block // 2]) / 2
    places, centres = np.arange(bins), (np.arange(count) + 0.5) * block
    return np.stack([np.interp(places, centres, row) for row in medians]).reshape(magnitudes.shape)


def widened(values: NDArray[Number]) -> NDArray[Number]:
    """Return the highest of each value [..., F] and its two neighbours: a line seldom stands in the middle of a bin."""
    wide = values.copy()
    np.maximum(wide[..., 1:], values[..., :-1], out=wide[..., 1:])
    np.maximum(wide[..., :-1], values[..., 1:], out=wide[..., :-1])
    return wide


@lru_cache(_LENGTHS)
def quick_length(least: int) -> int:
    """Return the shortest length from `least` on whose transform is quick: a product of 2, 3 and 5."""
    return min(odd << max(0, math.ceil(math.log2(max(least, 1) / odd))) for odd in _odd_products(2 * max(least, 1)))


@lru_cache(_LENGTHS)
def longest_quick_length(most: int) -> int:
    """Return the longest length up to `most`, 1 at least, whose transform is quick: a product of 2, 3 and 5."""
    return max(odd << int(math.log2(max(most, 1) / odd)) for odd in _odd_products(max(most, 1)))


def _odd_products(most: int) -> Iterator[int]:
    """Yield the products of 3 and 5 up to `most`."""
    fives = 1
    while fives <= most:
        product = fives
        while product <= most:
            yield product
            product *= 3
        fives *= 5
