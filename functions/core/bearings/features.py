"""Features of a window for the network of any bearing: levels of the lines of each fault, band by band.

The geometry gives the places of the lines, the network judges their levels. Nothing here depends on the level, the
unit or the sample rate of a signal.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from functions.core.bearings.bands import BANDS, band_envelope_spectra, band_widths
from functions.core.bearings.combs import combs_up_to
from functions.core.bearings.spectra import whitened_spectra, widened
from functions.core.preprocessing.arrays import Complex64Array, Float32Array, WholeSpectrum, as_float32

# The duration of a window at any sample rate: it resolves lines half a hertz apart.
WINDOW_S = 2.0
# Columns of the conditions.
SHAFT_SPEED, BPFO, BPFI, BSF, FTF = range(5)
# The faults whose lines are read, in the order of the features' rows: outer race, inner race, rolling element.
FAULTS = 3
HARMONICS = 6
# Elements slip: all harmonics of a fault move together.
SLIPS = np.linspace(-0.02, 0.02, 41, dtype=np.float32)
# One strong line decides no more than this, in nepers above the floor.
_MOST_LEVEL = 2.5
_FLOOR_BINS = 60
# On either side of a line of the shaft.
_SHAFT_BINS = 1
# The scatter of one band divided by that of the mean of six that overlap by half.
_GAIN_OF_MEAN = np.float32(1.8)
_SIDEBANDS = np.array([-2, -1, 1, 2], dtype=np.float32)
# Beside a line, in parts of its order: what stands there is no line of the fault.
_BESIDE = np.array([-0.37, -0.19, 0.19, 0.37], dtype=np.float32)
_SHAFT_LINES = np.arange(1, 13, dtype=np.float32)
# More teeth would cost more than the rest of the figures.
_COMBS = combs_up_to(31)
# Levels of the teeth of a slower part's comb, nepers: the highest that counts, and their mean in noise; how many times
# its scatter the mean of the teeth may be above it.
_MOST_OF_TOOTH, _MEAN_OF_TOOTH, _MOST_CLEAR = np.float32(1.5), np.float32(0.5), np.float32(4)
_TINY = np.float32(1e-12)
# Per fault and band, as `_features` lists them; the last band is the mean of the levels of the six.
PER_BAND = 23
# Index of the mean level of a fault's lines among these figures.
SCORE = HARMONICS
LAYERS = len(BANDS) + 1
LENGTH = PER_BAND * LAYERS

Places = NDArray[np.float32]


def fault_line_features(
    windows: Float32Array, conditions: Float32Array, whole: WholeSpectrum | None = None
) -> Float32Array:
    """Return the features of the lines of each fault.

    Args:
        windows: float32 [B, 1, T], two seconds each at a sample rate of T / 2 s.
        conditions: float32 [B, 5]: shaft speed in rpm, then BPFO, BPFI, BSF and FTF in multiples of it.
        whole: for the spectrum of a single window that is a whole recording, where others need it as well.

    Returns:
        float32 [B, 3, 184]: outer race, inner race, rolling element; 23 figures of each of 8 bands.
    """
    return np.stack([_of_window(window[0], row, whole) for window, row in zip(windows, conditions, strict=True)])


def _of_window(window: Float32Array, conditions: Float32Array, whole: WholeSpectrum | None) -> Float32Array:
    """Return the features of one window float32 [T]: float32 [3, 184]."""
    turn_bins = np.float32(conditions[SHAFT_SPEED] / 60 * WINDOW_S)
    orders = conditions[[BPFO, BPFI, BSF]] * np.array([1, 1, 2], np.float32)
    bins = int(orders.max() * turn_bins * (HARMONICS + 1)) + 3
    spectrum = whitened_spectra(window) if whole is None else whole.made_by(partial(whitened_spectra, window))
    found = _features(_levels(spectrum, bins), orders, conditions[FTF], turn_bins)
    return found.transpose(1, 0, 2).reshape(FAULTS, LENGTH)


def _levels(spectrum: Complex64Array, bins: int) -> Float32Array:
    """Return the levels of the envelope spectra of all bands above their floors, nepers, float32 [bands, bins].

    Above half the sample rate there is none: fewer bins are returned than asked for.
    """
    bins = min(bins, len(spectrum))
    magnitudes = np.log(band_envelope_spectra(spectrum, bins) + _TINY)
    magnitudes[:, 0] = magnitudes[:, 1]
    levels = np.zeros((LAYERS, bins), np.float32)
    counts = np.minimum(band_widths(len(spectrum)), bins)
    for count in set(counts.tolist()):
        rows = np.flatnonzero(counts == count)
        levels[rows, :count] = magnitudes[rows, :count] - _running_mean(magnitudes[rows, :count])
    np.clip(levels, -_MOST_LEVEL, _MOST_LEVEL, out=levels)
    # A weak line that stands in every band is above what the noise of one would be.
    levels[-1] = _GAIN_OF_MEAN * levels[1:-1].mean(axis=0)
    return levels


def _running_mean(values: Float32Array) -> Float32Array:
    """Return the running means of values float32 [B, N], float32 [B, N]; at the ends over fewer values."""
    length, reach = values.shape[1], min(_FLOOR_BINS, values.shape[1])
    # Before the first value the sums are 0, behind the last one that of all.
    sums = np.empty((len(values), length + 2 * reach + 1))
    sums[:, : reach + 1] = 0
    np.cumsum(values, axis=-1, dtype=np.float64, out=sums[:, reach + 1 : reach + 1 + length])
    sums[:, reach + 1 + length :] = sums[:, reach + length, None]
    places = np.arange(length)
    counts = np.minimum(places + reach + 1, length) - np.maximum(places - reach, 0)
    return as_float32((sums[:, 2 * reach + 1 :] - sums[:, : -2 * reach - 1]) / counts)


def _features(levels: Float32Array, orders: Float32Array, cage: np.float32, turn_bins: np.float32) -> Float32Array:
    """Return float32 [bands, 3, 23] of levels float32 [bands, F]."""
    harmonics = np.arange(1, HARMONICS + 1, dtype=np.float32)
    # [faults, slips, harmonics]: levels of each band at the lines of each fault.
    places = orders[:, None, None] * (1 + SLIPS)[:, None] * harmonics * turn_bins
    wide = widened(levels)
    clear = widened(_without_shaft(levels, turn_bins))
    at_lines = _at(clear, places)
    means = at_lines.mean(axis=-1)
    best = means.argmax(axis=-1)
    bands, faults = np.indices(best.shape)
    lines = at_lines[bands, faults, best]
    slips = SLIPS[best]
    slipped = orders * (1 + slips)
    scores = means.max(axis=-1)
    figures = [
        scores,
        np.sort(lines, axis=-1)[..., 3],
        np.stack([np.delete(scores, fault, axis=1).max(axis=1) for fault in range(FAULTS)], axis=1),
        *_surroundings(clear, slipped, cage, turn_bins),
        *_of_shaft(wide, slipped, turn_bins),
        _each(clear, (slipped[..., None] * (harmonics[:3] - 0.5)) * turn_bins).mean(axis=-1),
        np.minimum(np.abs(slipped - np.rint(slipped)) * turn_bins, 10) / 10,
        _of_slower_part(clear, slipped, cage, turn_bins),
        slips * 50,
        np.broadcast_to(scores.mean(axis=0), scores.shape),
    ]
    return as_float32(np.concatenate([lines, np.stack(figures, axis=-1)], axis=-1))


def _surroundings(
    levels: Float32Array, slipped: Float32Array, cage: np.float32, turn_bins: np.float32
) -> list[Float32Array]:
    """Return mean and highest levels, float32 [bands, 3] each, around the first three lines of each fault.

    They are of sidebands of the shaft, sidebands of the cage, and places where the fault has no line.
    """
    harmonics = np.arange(1, 4, dtype=np.float32)
    first = (slipped[..., None] * harmonics)[..., None]
    shaft = _each(levels, (first + _SIDEBANDS) * turn_bins)
    cages = _each(levels, (first + cage * _SIDEBANDS[1:3]) * turn_bins)
    beside = _each(levels, (slipped[..., None, None] * (harmonics[:, None] + _BESIDE)) * turn_bins)
    return [
        shaft[..., 1:3].mean(axis=(-2, -1)),
        shaft[..., [0, 3]].mean(axis=(-2, -1)),
        shaft[..., 1:3].max(axis=(-2, -1)),
        cages.mean(axis=(-2, -1)),
        cages.max(axis=(-2, -1)),
        beside.mean(axis=(-2, -1)),
        beside.max(axis=(-2, -1)),
    ]


def _of_shaft(levels: Float32Array, slipped: Float32Array, turn_bins: np.float32) -> list[Float32Array]:
    """Return the mean level at the shaft's lines next to the fault's, and of its comb, float32 [bands, 3] each."""
    places = np.rint(slipped)[..., None] * np.arange(1, 4, dtype=np.float32) * turn_bins
    comb = _at(levels, _SHAFT_LINES * turn_bins).mean(axis=-1)
    return [_each(levels, places).mean(axis=-1), np.broadcast_to(comb[:, None], slipped.shape)]


def _of_slower_part(
    levels: Float32Array, slipped: Float32Array, cage: np.float32, turn_bins: np.float32
) -> Float32Array:
    """Return how clearly the first or second line of each fault is a tooth of a slower part's comb, [bands, 3]."""
    orders = np.stack([slipped, 2 * slipped], axis=-1)[..., None]
    bins = (orders * turn_bins * _COMBS.teeth + np.float32(0.5)).astype(np.intp)
    np.minimum(bins, levels.shape[1] - 1, out=bins)
    bins += np.arange(0, levels.size, levels.shape[1]).reshape(-1, 1, 1, 1)
    teeth = levels.ravel().take(bins)
    np.clip(teeth, 0, _MOST_OF_TOOTH, out=teeth)
    clear = (_COMBS.means(teeth) - _MEAN_OF_TOOTH) * np.sqrt(_COMBS.divisors - 1)
    highest = np.where(_COMBS.of_slower_part(orders, float(cage), float(turn_bins)), clear, 0).max(axis=(-2, -1))
    return np.asarray(np.minimum(highest, _MOST_CLEAR) / _MOST_CLEAR)


def _without_shaft(levels: Float32Array, turn_bins: np.float32) -> Float32Array:
    """Return the levels with those at the multiples of the shaft's speed, which are no bearing's, at the floor."""
    multiples = np.rint(np.arange(1, int(levels.shape[1] / turn_bins) + 1) * turn_bins).astype(np.intp)
    bins = (multiples[:, None] + np.arange(-_SHAFT_BINS, _SHAFT_BINS + 1)).ravel()
    clear = levels.copy()
    clear[:, bins[bins < levels.shape[1]]] = 0
    return clear


def _at(levels: Float32Array, places: Places) -> Float32Array:
    """Return the levels of every band at places in bins: float32 [bands, *places]; 0 beyond the last bin."""
    bins = np.rint(places).astype(np.intp)
    found = levels.take(np.clip(bins, 0, levels.shape[1] - 1), axis=1)
    return np.where((bins > 0) & (bins < levels.shape[1]), found, np.float32(0))


def _each(levels: Float32Array, places: Places) -> Float32Array:
    """Return the levels of each band at its own places, float32 [bands, ...] both."""
    bins = np.rint(places).astype(np.intp)
    rows = np.arange(len(levels)).reshape(-1, *[1] * (places.ndim - 1))
    found = levels[rows, np.clip(bins, 0, levels.shape[1] - 1)]
    return np.where((bins > 0) & (bins < levels.shape[1]), found, np.float32(0))
