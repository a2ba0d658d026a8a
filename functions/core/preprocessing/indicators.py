"""Indicators of a signal (RMS, peak, crest factor, kurtosis), which answers and trends show beside a diagnosis."""

from typing import Literal

import numpy as np
from msgspec import Struct

from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.signal import SampleRate, Signal

# Of ISO 20816-3: how a machine is supported, and how severe its vibration is.
Foundation = Literal["rigid", "flexible"]
Zone = Literal["A", "B", "C", "D"]

# Samples at a time: they stay in a core's cache, and OpenBLAS shares out only more than 10,000 among threads.
_BLOCK = 8192
# Between these magnitudes float32 holds a fourth power.
_SMALLEST, _LARGEST = 1e-6, 1e6


class Indicators(Struct, frozen=True):
    """Indicators of the vibration about its mean.

    rms: root mean square, peak: largest magnitude, both in the unit of the samples; crest_factor: peak by rms;
    kurtosis: fourth moment by the square of the second, 3 for noise, higher where there are impacts.
    Source: R. B. Randall, Vibration-based Condition Monitoring, 2nd edition, section 2.2 (statistical moments).
    """

    rms: float
    peak: float
    crest_factor: float
    kurtosis: float


class Measured(Struct, frozen=True):
    """The recording that was diagnosed: how it was read, and the indicators of its samples, about their mean.

    channel: name or number of the one that was diagnosed, or None where the model takes all;
    unit: of the samples, or None where neither caller nor file states it;
    indicators, velocity_rms_mm_s: of several channels, of the one where they are highest; severity_zone: of ISO
    20816-3; None where they cannot be computed or were not asked for; note: what else was found in the file, or None.
    """

    sample_rate: SampleRate
    channel: str | None
    duration_s: float
    indicators: Indicators
    unit: str | None = None
    velocity_rms_mm_s: float | None = None
    severity_zone: Zone | None = None
    note: str | None = None


def indicators(signal: Signal) -> Indicators:
    """Return the indicators of a signal; of several channels, of the one of highest RMS."""
    found = [_of_channel(row, *one) for row, one in zip(signal.samples, signal.extremes, strict=True)]
    return max(found, key=lambda one: one.rms)


def _of_channel(samples: Float32Array, highest: int, lowest: int) -> Indicators:
    """Return the indicators of one channel, float32 [N], whose extremes are at these indices.

    In float32, summed up in float64 a block at a time: six digits, for a tenth of what float64 throughout costs.
    """
    mean = np.add.reduce(samples) / np.float32(len(samples))
    centred = samples - mean
    if abs(mean) > max(centred.item(highest), -centred.item(lowest)):
        # Where the offset is large, the rounding error of the mean matters.
        centred -= centred.mean()
    peak = max(centred.item(highest), -centred.item(lowest))
    if peak == 0:
        return Indicators(0.0, 0.0, 0.0, 0.0)
    if not _SMALLEST < peak < _LARGEST:
        centred /= peak
    power = _sum_of_squares(centred) / len(samples)
    # In place: two arrays of a long recording stay in a core's cache where three do not.
    fourth = _sum_of_squares(np.square(centred, out=centred)) / len(samples)
    rms = power**0.5 * (1 if _SMALLEST < peak < _LARGEST else peak)
    return Indicators(rms, peak, peak / rms, fourth / power**2)


def _sum_of_squares(values: Float32Array) -> float:
    whole = len(values) // _BLOCK * _BLOCK
    blocks, rest = values[:whole].reshape(-1, _BLOCK), values[whole:]
    of_blocks: list[float] = np.vecdot(blocks, blocks).tolist()
    return sum(of_blocks) + float(rest @ rest)
