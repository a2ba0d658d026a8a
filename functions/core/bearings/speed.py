"""The speed of the shaft, refined from the lines that it leaves in its own recording."""

from dataclasses import dataclass

import numpy as np

from functions.core.bearings.spectra import decimated_magnitudes, longest_quick_length, spectral_floor
from functions.core.errors import ShaftSpeedContradictsError
from functions.core.preprocessing.arrays import Float32Array, Float64Array

# Up to this relative error a stated speed is corrected: a nameplate is off by its motor's slip.
MOST_CORRECTED = 0.05
# Above it, and up to this one, the lines of the shaft contradict the stated speed; beyond, they may be another shaft's.
_MOST_REFUSED = 0.15
# Combs are compared so far around the stated speed: a comb that shares lines with another stands beside it.
_SEARCHED = 0.4
_FACTORS = np.arange(1 - _SEARCHED, 1 + _SEARCHED, 0.0002)
_HARMONICS = 10
_LONGEST_S = 10.0
# The decimated rate is so many times the highest line: what means over samples fold back is weak there.
_RATE_FACTOR = 8
# A level counts up to here: one strong tone is no comb.
_MOST_DB = 30.0
# What a comb must have: turns of the shaft, a mean level, lines, and so many times the mean of every other comb.
# Measured on 61 recordings of two motor bearings, stated up to 12 % wrong: 89 % of the speeds found in 10 s, 71 % in 5,
# none of them more than 0.4 % off, the rest left as stated; with fewer turns, combs are found that are farther off.
_FEWEST_TURNS = 100
_LEAST_MEAN_DB = 10.0
_LEAST_LINE_DB = 6.0
_FEWEST_LINES = 7
_CLEAR = 1.2
# Combs closer than this are one comb.
_SAME = 0.008
# Blocks of the floor, in parts of the speed of the shaft.
_FLOOR_TURNS = 0.27
_TINY = 1e-30


@dataclass(frozen=True)
class _Comb:
    """The lines at the multiples of a speed.

    factor: the speed by the stated one; lines_db, mean_db: levels of the lines and their mean; next_mean_db: the
    highest mean of another comb.
    """

    factor: float
    mean_db: float
    lines_db: Float64Array
    next_mean_db: float

    @property
    def is_clear(self) -> bool:
        """Whether it stands out from the floor and from every other comb, with most of its lines."""
        lines = int((self.lines_db >= _LEAST_LINE_DB).sum())
        return self.mean_db > max(_LEAST_MEAN_DB, _CLEAR * self.next_mean_db) and lines >= _FEWEST_LINES


def refined_speed_rpm(samples: Float32Array, sample_rate_hz: float, stated_rpm: float) -> float:
    """Return the shaft speed that the lines of a recording show, in rpm; the stated one where no comb is clear.

    Args:
        samples: float32 [C, N], finite.
        sample_rate_hz: of the samples.
        stated_rpm: revolutions a minute, above 0.

    Raises:
        ShaftSpeedContradictsError: the lines of the shaft stand clearly at another speed, too far off to be the same.
    """
    shaft_hz = stated_rpm / 60
    turns = samples.shape[1] / sample_rate_hz * shaft_hz
    if turns < _FEWEST_TURNS or 2 * _highest_hz(shaft_hz) > sample_rate_hz:
        return stated_rpm
    levels, bin_hz = _line_levels(samples, sample_rate_hz, shaft_hz)
    comb = _best_comb(levels, shaft_hz / bin_hz)
    off = abs(comb.factor - 1)
    if not comb.is_clear or off > _MOST_REFUSED:
        return stated_rpm
    if off > MOST_CORRECTED:
        raise ShaftSpeedContradictsError(
            f"The shaft speed is stated as {stated_rpm:g} rpm, but the recording has the lines of a shaft at"
            f" {comb.factor * stated_rpm:.0f} rpm; state the speed at which it was recorded, right to"
            f" {MOST_CORRECTED:.0%}."
        )
    return comb.factor * stated_rpm


def _highest_hz(shaft_hz: float) -> float:
    return (_HARMONICS + 1) * shaft_hz * (1 + _SEARCHED)


def _line_levels(samples: Float32Array, sample_rate_hz: float, shaft_hz: float) -> tuple[Float64Array, float]:
    """Return the levels of lines above their surroundings, dB [bins], and how many Hz a bin is wide."""
    highest_hz = _highest_hz(shaft_hz)
    step = max(1, int(sample_rate_hz / (_RATE_FACTOR * highest_hz)))
    kept = samples[:, : int(_LONGEST_S * sample_rate_hz)]
    length = longest_quick_length(kept.shape[1] // step)
    bin_hz = sample_rate_hz / step / length
    bins = min(length // 2 + 1, int(highest_hz / bin_hz) + 2)
    magnitudes = decimated_magnitudes(kept, step, length, bins) + _TINY
    levels = 20 * np.log10(magnitudes / spectral_floor(magnitudes, max(4, int(_FLOOR_TURNS * shaft_hz / bin_hz))))
    return np.clip(levels, 0, _MOST_DB).mean(axis=0, dtype=np.float64), bin_hz


def _best_comb(levels: Float64Array, shaft_bins: float) -> _Comb:
    """Return the comb of the highest mean level near the stated speed, which stands `shaft_bins` from 0 Hz."""
    places = np.arange(1, _HARMONICS + 1)[:, None] * (_FACTORS * shaft_bins)
    lines_db = levels.take(np.rint(places, out=places).astype(np.intp))
    means_db = lines_db.mean(axis=0)
    best = int(means_db.argmax())
    others = np.abs(_FACTORS - _FACTORS[best]) > _SAME
    return _Comb(float(_FACTORS[best]), float(means_db[best]), lines_db[:, best], float(means_db[others].max()))
