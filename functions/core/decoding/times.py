"""Sample rates from the times of samples: their spacing, their unit, and what rounding of them allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from functions.core.errors import MalformedBodyError
from functions.core.models.options import TimeUnit
from functions.core.preprocessing.arrays import Float32Array, Float64Array
from functions.core.preprocessing.signal import RATE_TOLERANCE

UNITS_S: Mapping[TimeUnit, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0}
# Fewer numbers may rise evenly by chance.
FEWEST_ROWS = 16
# Of the mean step: largest scatter of the steps, and largest deviation of one, beyond what rounding explains.
_MOST_SCATTER = 0.05
_MOST_DEVIATION = 0.5
# Of the rate: largest uncertainty because the first and the last time were rounded.
_MOST_ROUNDING = 0.01
# How many decimals are looked for in times, in how many of them at each end.
_MOST_DECIMALS = 12
_LOOKED_AT = 256
# Lowest rate of a vibration: a value without a unit that would give less is taken to be in another unit.
SLOWEST_HZ = 100.0
# Units of times since 1970, by the least value that is read so.
_EPOCH_UNITS: tuple[tuple[float, TimeUnit], ...] = ((1e9, "s"), (1e12, "ms"), (1e15, "us"), (1e18, "ns"))


@dataclass(frozen=True)
class Spacing:
    """The steps between times, in the unit of these.

    step: the mean; resolution: what they were rounded to, 0 where unknown; scatter, deviation: root mean square and
    largest distance of a step from the mean, as shares of it, beyond the rounding.
    """

    step: float
    resolution: float
    scatter: float
    deviation: float

    @property
    def is_even(self) -> bool:
        """Whether one rate fits all of them."""
        return self.scatter <= _MOST_SCATTER and self.deviation <= _MOST_DEVIATION


@np.errstate(over="ignore", invalid="ignore")
def spacing(times: Float64Array, rounding: float = 0.0) -> Spacing | None:
    """Return how times [N] rise; None where they fall, are not finite or are fewer than two.

    Args:
        times: one a sample.
        rounding: what they were rounded to at least, beside their decimals.
    """
    if len(times) < 2 or not np.isfinite(times).all() or not times[-1] > times[0]:
        return None
    steps = np.diff(times)
    if steps.min() < 0:
        return None
    mean = float(times[-1] - times[0]) / len(steps)
    resolution = max(_resolution(times[:_LOOKED_AT]), _resolution(times[-_LOOKED_AT:]), rounding)
    if _is_rounded_line(times, mean, resolution):
        return Spacing(mean, resolution, 0.0, 0.0)
    off = np.abs(steps - mean)
    # Two rounded times make a step: its variance is a sixth of their resolution's square.
    scatter = max(float(np.mean(off * off)) - resolution**2 / 6, 0.0) ** 0.5
    return Spacing(mean, resolution, scatter / mean, max(float(off.max()) - resolution, 0.0) / mean)


@np.errstate(over="ignore", invalid="ignore")
def is_coarse(times: Float64Array) -> bool:
    """Whether times [N] do not fall, and most of them equal the one before, as times of whole seconds or days do."""
    steps = np.diff(times)
    return bool((steps >= 0).all()) and int(np.count_nonzero(steps)) < len(times) // 4


@np.errstate(over="ignore", invalid="ignore")
def is_counting(values: Float64Array) -> bool:
    """Whether numbers [N] count up by one."""
    return len(values) > 1 and bool((np.diff(values) == 1).all()) and float(values[0]).is_integer()


def is_even(times: Float64Array, rounding: float = 0.0) -> bool:
    """Whether numbers [N] rise as times do; arguments as `spacing`."""
    found = spacing(times, rounding)
    if found is None or not found.is_even:
        return False
    # A column that seldom rises is a signal with a few steps, not rounded times, but where it follows a line.
    rising = int(np.count_nonzero(np.diff(times)))
    return rising >= max(FEWEST_ROWS - 1, 0 if found.deviation == 0 else len(times) // 4)


def numbers_samples(values: Float64Array) -> bool:
    """Whether numbers [N] count samples; milliseconds since 1970 may rise by one, too."""
    return is_counting(values) and not is_since_1970(values)


def rate_of(times: Float64Array, unit: TimeUnit | None, rounding: float = 0.0) -> float | None:
    """Return the rate in Hz that numbers [N] give if they are times: 0 where they give none, None where they are none.

    Args:
        times: one a sample.
        unit: of them; by default what fits, if it is clear.
        rounding: as `spacing`.
    """
    if numbers_samples(times):
        return 0.0
    if not is_even(times, rounding):
        return None
    try:
        return _rate_hz(times, unit, rounding)
    except MalformedBodyError:
        return 0.0


def rates_of_rows(samples: Float32Array, rows: Sequence[int]) -> dict[int, float]:
    """Return which of some rows of samples float32 [C, N] are times or counts, and the rate of each, as `rate_of`."""
    if samples.shape[1] < FEWEST_ROWS:
        return {}
    found: dict[int, float] = {}
    for row in rows:
        rounding = float(np.spacing(np.abs(samples[row]).max()))
        rate = rate_of(samples[row].astype(np.float64), None, rounding)
        if rate is not None:
            found[row] = rate
    return found


def is_since_1970(times: Float64Array) -> bool:
    """Whether times begin as milliseconds since 1970 do, or as a smaller unit."""
    return any(least <= times[0] < 10 * least for least, unit in _EPOCH_UNITS if unit != "s")


def unit_of_rate(times: Float64Array, stated_hz: float) -> TimeUnit | None:
    """Return the unit in which times [N] rise at a rate that is stated; None: in none of them."""
    found = spacing(times)
    if found is None:
        return None
    rates = {unit: 1 / max(found.step * seconds, np.finfo(np.float64).tiny) for unit, seconds in UNITS_S.items()}
    return next((unit for unit, rate in rates.items() if abs(rate / stated_hz - 1) <= RATE_TOLERANCE), None)


def rate_hz(times: Float64Array, unit: TimeUnit | None, *, is_given: bool = False) -> float | None:
    """Return the rate that times [N] have, to six digits.

    Args:
        times: one a sample.
        unit: of them; by default the one that fits, if it is clear.
        is_given: whether the caller stated a rate; then times that give none are no error.

    Raises:
        MalformedBodyError: they do not rise evenly, are too coarse, or their unit is unclear.
    """
    try:
        return _rate_hz(times, unit, 0.0)
    except MalformedBodyError:
        if is_given:
            return None
        raise


def _rate_hz(times: Float64Array, unit: TimeUnit | None, rounding: float) -> float:
    found = spacing(times, rounding)
    if found is None:
        raise _refusal("does not rise evenly")
    if not found.is_even:
        raise _refusal(
            f"does not rise evenly: its steps scatter by {found.scatter:.1%} of their mean, {found.step:.6g},"
            f" and one is {found.deviation:.1%} off"
        )
    if (
        found.deviation == 0
        and found.resolution > _MOST_ROUNDING * found.step * len(times)
        and _differ(times, rounding)
    ):
        raise _refusal(f"is rounded to {found.resolution:g}, too coarse for {len(times)} samples")
    unit = unit or _likely_unit(times, found.step)
    if unit is None:
        raise MalformedBodyError(
            f"The time column rises by {found.step:.6g} a sample and states no unit: state it with `time_unit`.",
            field="time_unit",
        )
    step_s = found.step * UNITS_S[unit]
    if step_s < np.finfo(np.float64).tiny:
        raise _refusal(f"rises by {found.step:g} a sample, which is no step")
    rate = 1 / step_s
    # Where the rounding of the times allows a whole number, it is that.
    unsure = rate * found.resolution / (found.step * (len(times) - 1))
    return float(round(rate)) if abs(round(rate) - rate) <= unsure else float(f"{rate:.6g}")


def _refusal(found: str) -> MalformedBodyError:
    return MalformedBodyError(
        f"The time column {found}; state `sample_rate_hz` if the samples are evenly spaced.", field="signal"
    )


def _likely_unit(times: Float64Array, step: float) -> TimeUnit | None:
    since_1970 = next((unit for least, unit in _EPOCH_UNITS if least <= times[0] < 10 * least), None)
    if since_1970 and 1 / (step * UNITS_S[since_1970]) >= SLOWEST_HZ:
        return since_1970
    return "s" if 1 / step >= SLOWEST_HZ else None


def _differ(times: Float64Array, rounding: float) -> bool:
    steps = np.diff(times)
    return bool(steps.max() - steps.min() > 1e-6 * steps.max() + 2 * rounding)


def _is_rounded_line(times: Float64Array, mean: float, resolution: float) -> bool:
    line = times[0] + mean * np.arange(len(times))
    slack = 1e-9 * mean + 4 * float(np.spacing(np.abs(times).max()))
    return bool(np.abs(times - line).max() <= resolution + slack)


def _resolution(times: Float64Array) -> float:
    """Return the power of ten that all times are multiples of, 0 where none is found."""
    for decimals in range(_MOST_DECIMALS):
        scaled = times * 10.0**decimals
        if np.abs(scaled - np.rint(scaled)).max() < 1e-4:
            return float(10.0**-decimals)
    return 0.0
