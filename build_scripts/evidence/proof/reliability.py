"""The reliability of confidences: diagram and expected calibration error."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.core.preprocessing.arrays import Float64Array

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Bins of equal width over [0, 1]: mean confidence, share right and count of each that is not empty.

    error is the expected calibration error in [0, 1]: the mean gap of the bins, weighted by their counts.
    """

    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    count: tuple[int, ...]
    error: float

    @property
    def by_chance(self) -> float:
        """The error to be expected of answers that are right exactly as often as they claim: few records have some.

        Source: the mean of the absolute value of a normal distribution, for the share right of each bin.
        """
        pairs = zip(self.count, self.confidence, strict=True)
        return sum(math.sqrt(2 / math.pi * count * sure * (1 - sure)) for count, sure in pairs) / sum(self.count)


def reliability(probabilities: Float64Array, label: NDArray[np.int64], bins: int = BINS) -> Reliability:
    """Measure the largest probability of each row float64 [n, K] against whether its class is the label int64 [n]."""
    return reliability_of(probabilities.max(axis=1), probabilities.argmax(axis=1) == label, bins)


def reliability_of(confidence: Float64Array, right: NDArray[np.bool_], bins: int = BINS) -> Reliability:
    """Measure confidences float64 [n] against whether each was right, bool [n].

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3; 15 bins as there.
    """
    # A bin is open below and closed above, so that a confidence of 1 is in the last.
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    filled = np.flatnonzero(counts)
    means = np.array([confidence[place == index].mean() for index in filled])
    shares = np.array([right[place == index].mean() for index in filled])
    error = float((counts[filled] * np.abs(means - shares)).sum() / len(right))
    return Reliability(tuple(means.tolist()), tuple(shares.tolist()), tuple(counts[filled].tolist()), error)
