"""Removal of known lines from a spectrum, so that they count for nothing else."""

import math

import numpy as np

from functions.core.preprocessing.arrays import Float64Array

# Of a line, so many bins on either side.
_LINE_BINS = 0.8
# How far a strong line is known to leak.
_LEAKED_BINS = 6
_BESIDE = np.array([one for one in range(-_LEAKED_BINS, _LEAKED_BINS + 1) if one])


def blot_out(ratios: Float64Array, places: Float64Array, smeared: float = 0.0) -> None:
    """Set the bins around these places to at most the floor; `smeared` widens lines with their frequency.

    Args:
        ratios: a spectrum divided by its floor, float64 [F]; changed in place.
        places: of the lines, in bins.
        smeared: by which part of their place lines are wider.
    """
    widths = _LINE_BINS + smeared * np.abs(places)
    reach = math.ceil(widths.max(initial=0))
    bins = np.rint(places).astype(int)[:, None] + np.arange(-reach, reach + 1)
    near = bins[(np.abs(bins - places[:, None]) <= widths[:, None]) & (bins >= 0) & (bins < len(ratios))]
    ratios[near] = np.minimum(ratios[near], 1.0)


def blot_out_leaked(ratios: Float64Array, heights: Float64Array, places: Float64Array) -> None:
    """Set the bins beside these places to at most the floor where they are no higher than what the lines leak.

    A window without a taper leaks from a line, wherever it lies in its bin, into the nth bin beside it at most
    1 / (2 n - 1) of the line's own bin.

    Args:
        ratios: a spectrum divided by its floor, float64 [F]; changed in place.
        heights: the same spectrum before anything was cut off or blotted out.
        places: of the lines, in bins.
    """
    lines = np.rint(places).astype(int)
    lines = lines[lines < len(heights)]
    bins = lines[:, None] + _BESIDE
    inside = (bins > 0) & (bins < len(heights))
    leaked = heights[lines][:, None] / (2 * np.abs(_BESIDE) - 1)
    near = bins[inside & (heights[np.where(inside, bins, 0)] <= leaked)]
    ratios[near] = np.minimum(ratios[near], 1.0)
