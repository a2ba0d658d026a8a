"""Evidence of a shaft's own lines: at 1, 2 and 3 times its speed, and of oil whirl below half of it."""

import math

import numpy as np

from functions.core.bearings.evidence import check_turns
from functions.core.bearings.lines import Evidence, EvidenceLine, Harmonic
from functions.core.bearings.spectra import decimated_magnitudes, longest_quick_length
from functions.core.bearings.speed import refined_speed_rpm
from functions.core.errors import FaultFrequencyError
from functions.core.preprocessing.arrays import Float32Array, Float64Array

_MULTIPLES = (1, 2, 3)
# Where an oil film whirls. Source: A. Muszynska, Rotordynamics, 2005, chapter 4; API 670 names 0.42 to 0.48.
_WHIRL_ORDERS = (0.42, 0.48)
_WHIRL_DB = 15.0
_WINDOW_TURNS = 100
_HIGHEST_ORDER = 4.0
_RATE_FACTOR = 8
_LINE_BINS = 2
_TINY = 1e-30


def shaft_evidence(samples: Float32Array, sample_rate_hz: float, shaft_speed_rpm: float) -> Evidence:
    """Return the levels of a shaft's own lines, which are there without a fault, and of oil whirl.

    Args:
        samples: float32 [C, N], finite; the spectra of all channels are averaged.
        sample_rate_hz: of the samples.
        shaft_speed_rpm: as it is stated.

    Raises:
        FaultFrequencyError: the shaft turns faster than the sample rate can show.
        TooFewTurnsError: the recording is too short to separate the lines.
        ShaftSpeedContradictsError: as `refined_speed_rpm`.
    """
    if _HIGHEST_ORDER * shaft_speed_rpm / 60 >= sample_rate_hz / 2:
        raise FaultFrequencyError(
            f"At {shaft_speed_rpm:g} rpm the lines of the shaft lie above what a sample rate of {sample_rate_hz:g} Hz"
            " shows: check the speed and the rate."
        )
    check_turns(samples.shape[1] / sample_rate_hz, shaft_speed_rpm)
    used_rpm = refined_speed_rpm(samples, sample_rate_hz, shaft_speed_rpm)
    levels, bin_order = _levels(samples, sample_rate_hz, used_rpm / 60)
    lines = [_line(f"{n}X", float(n), used_rpm, _highest(levels, n, n, bin_order)) for n in _MULTIPLES]
    return Evidence(used_rpm, [*lines, _whirl(levels, bin_order, used_rpm)])


def _whirl(levels: Float64Array, bin_order: float, speed_rpm: float) -> EvidenceLine:
    first, last = (round(order / bin_order) for order in _WHIRL_ORDERS)
    order = (first + int(levels[first : last + 1].argmax())) * bin_order
    level_db = _highest(levels, order, order, bin_order)
    return _line("WHIRL", order, speed_rpm, level_db, whirls=level_db >= _WHIRL_DB)


def _line(name: str, order: float, speed_rpm: float, level_db: float, *, whirls: bool = False) -> EvidenceLine:
    harmonics = [Harmonic(1, round(level_db, 1))]
    return EvidenceLine(name, order, order * speed_rpm / 60, harmonics, "oil_whirl" if whirls else None)


def _highest(levels: Float64Array, lowest_order: float, highest_order: float, bin_order: float) -> float:
    """Return the highest level near an order, dB."""
    first, last = round(lowest_order / bin_order) - _LINE_BINS, round(highest_order / bin_order) + _LINE_BINS
    return float(levels[max(first, 0) : last + 1].max())


def _levels(samples: Float32Array, sample_rate_hz: float, shaft_hz: float) -> tuple[Float64Array, float]:
    """Return the levels of lines above the median of the spectrum, dB [bins], and the order of a bin."""
    step = max(1, int(sample_rate_hz / (_RATE_FACTOR * _HIGHEST_ORDER * shaft_hz)))
    rate_hz = sample_rate_hz / step
    length = longest_quick_length(min(samples.shape[1] // step, math.ceil(_WINDOW_TURNS / shaft_hz * rate_hz)))
    bin_order = rate_hz / length / shaft_hz
    magnitudes = decimated_magnitudes(samples, step, length, int(_HIGHEST_ORDER / bin_order))
    power = np.square(magnitudes).mean(axis=0, dtype=np.float64) + _TINY
    return 10 * np.log10(power / np.median(power)), bin_order
