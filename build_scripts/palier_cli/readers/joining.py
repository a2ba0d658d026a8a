"""Join the variables that were read of a file to one recording."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from build_scripts.palier_cli.readers.choosing import listing
from build_scripts.palier_cli.readers.fields import Facts, is_time_name, nearest, time_unit
from build_scripts.palier_cli.readers.variables import Value, Variable
from functions.core.decoding.orientation import as_recording
from functions.core.decoding.times import is_counting, rate_of
from functions.core.errors import SampleRateContradictsError, SampleRateError, SignalShapeError
from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.core.preprocessing.signal import MOST_CHANNELS, Recording
from functions.core.preprocessing.units import in_served_units

T = TypeVar("T")


def join(
    values: Mapping[str, Value],
    wanted: Variable | None,
    listed: Sequence[Variable],
    *,
    is_rate_given: bool = False,
) -> Recording:
    """Return the signals among values as one recording.

    Without a wanted one every signal is a channel, if they are equally long and of one rate.

    Args:
        values: what was read of the variables that were chosen.
        wanted: the signal; None: all but those that are the time of others.
        listed: all variables of the file.
        is_rate_given: whether the caller states the sample rate; then several in the file are no fault.

    Raises:
        SampleRateError: the rate is no finite number.
        SampleRateContradictsError: several are stated.
        SignalShapeError: there is no signal, or too many, or several that could be meant.
    """
    by_name = {one.name: one for one in listed}
    arrays = _arrays(values, by_name)
    times = {name: rate for name, array in arrays.items() if (rate := _time_rate(by_name[name], array)) is not None}
    signals = _signals(arrays, times, wanted)
    if not signals:
        raise SignalShapeError("The file has vectors of time alone, and no signal.", field="variable")
    facts = Facts.of({one.name: one.value for one in listed if one.value is not None} | dict(values))
    found = [by_name[name] for name in signals]
    parts = [as_recording(_rows(array)) for array in signals.values()]
    rates_hz = [
        _rate_hz(one, facts, _times_of(one, part, times, by_name), is_given=is_rate_given)
        for one, part in zip(found, parts, strict=True)
    ]
    _check_alike(found, rates_hz)
    samples = np.concatenate([part.samples for part in parts])
    units = _units(found, parts, facts)
    speeds = [_first(nearest(one.name, facts.speeds_rpm)) for one in found]
    recording = Recording(
        samples,
        rates_hz[0],
        _names(found, parts),
        _common(units),
        _common(speeds),
        note=None if is_rate_given or rates_hz[0] else _note(arrays, times),
        channel_units=units if len(set(units)) > 1 else (),
    )
    return in_served_units(recording)


def _arrays(values: Mapping[str, Value], by_name: Mapping[str, Variable]) -> dict[str, NDArray[Any]]:
    return {
        name: array
        for name, array in values.items()
        if isinstance(array, np.ndarray) and array.dtype.kind in "fiu" and by_name[name].may_be_signal
    }


def _units(signals: Sequence[Variable], parts: Sequence[Recording], facts: Facts) -> list[str | None]:
    """Return the unit of each channel: its variable's own, or the only one that is near it in the file."""
    return [
        one.unit or _first(nearest(one.name, facts.units))
        for one, part in zip(signals, parts, strict=True)
        for _ in part.samples
    ]


def _note(arrays: Mapping[str, NDArray[Any]], times: Mapping[str, float]) -> str | None:
    """Return the note about times that give no rate."""
    silent = [name for name, rate in times.items() if not rate and not is_counting(arrays[name].ravel())]
    if not silent:
        return None
    shown = ", ".join(name[:63] for name in silent[:8])
    return f"{shown} gives no sample rate: its steps differ, or state no unit."


def _signals(
    arrays: Mapping[str, NDArray[Any]], times: Mapping[str, float], wanted: Variable | None
) -> dict[str, NDArray[Any]]:
    if wanted is not None:
        return {name: array for name, array in arrays.items() if name == wanted.name}
    return {name: array for name, array in arrays.items() if name not in times}


def _time_rate(one: Variable, array: NDArray[Any]) -> float | None:
    """Return the rate that a vector gives if it is a time, 0 where it counts samples, None where it is none."""
    if one.channels > 1:
        return None
    values = array.ravel()
    rounding = float(np.spacing(np.abs(values).max())) if values.dtype.kind == "f" else 0.0
    rate_hz = rate_of(values.astype(np.float64), "s" if one.is_time else time_unit(one.name), rounding)
    return 0.0 if rate_hz is None and (one.is_time or is_time_name(one.name)) else rate_hz


def _times_of(
    signal: Variable, part: Recording, times: Mapping[str, float], listed: Mapping[str, Variable]
) -> dict[str, float]:
    """Return the rates that times give for a signal: a row of its own, else vectors beside it."""
    own = part.sample_rate_hz
    return {signal.name: own} if own else _beside(signal, times, listed)


def _beside(signal: Variable, times: Mapping[str, float], listed: Mapping[str, Variable]) -> dict[str, float]:
    return {name: rate for name, rate in times.items() if rate and listed[name].samples == signal.samples}


def _rate_hz(signal: Variable, facts: Facts, times: Mapping[str, float], *, is_given: bool) -> float | None:
    stated = [signal.rate_hz] if signal.rate_hz else nearest(signal.name, facts.rates_hz) or nearest(signal.name, times)
    if len(stated) > 1:
        if is_given:
            return None
        shown = ", ".join(f"{rate:g} Hz" for rate in stated[:8])
        raise SampleRateContradictsError(
            f"The file states several sample rates, {shown}: name the signal with --variable, or state the rate with"
            " --sample-rate-hz."
        )
    if stated and not (math.isfinite(stated[0]) and stated[0] > 0):
        raise SampleRateError(f"The file's sample rate is {stated[0]:g} Hz: correct it, or remove it from the file.")
    return stated[0] if stated else None


def _check_alike(signals: Sequence[Variable], rates_hz: Sequence[float | None]) -> None:
    if len({one.samples for one in signals}) > 1 or len(set(rates_hz)) > 1:
        raise SignalShapeError(
            f"Choose one of several signals by its name with --variable: {listing(signals)}", field="variable"
        )
    channels = sum(one.channels for one in signals)
    if channels > MOST_CHANNELS:
        raise SignalShapeError(
            f"The file has {channels} channels, and at most {MOST_CHANNELS} are read: choose a signal by its name "
            f"with --variable: {listing(signals)}",
            field="variable",
        )


def _rows(array: NDArray[Any]) -> Float32Array:
    rows = np.atleast_2d(array.squeeze())
    return as_float32(rows if rows.shape[0] <= rows.shape[1] else rows.T)


def _names(signals: Sequence[Variable], parts: Sequence[Recording]) -> tuple[str, ...]:
    if len(signals) == 1 and (len(parts[0].samples) > 1 or parts[0].channel_names):
        return tuple(parts[0].channel_names)
    return tuple(one.name for one, part in zip(signals, parts, strict=True) for _ in part.samples)


def _first(values: Sequence[T]) -> T | None:
    return values[0] if len(values) == 1 else None


def _common(values: Sequence[T | None]) -> T | None:
    return values[0] if len(set(values)) == 1 else None
