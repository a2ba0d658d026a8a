"""Choice of a table's signal columns: times, counts and clocks give the sample rate or are left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from functions.core.decoding.orientation import rising_rows
from functions.core.decoding.text.clocks import unwrapped
from functions.core.decoding.text.units import is_frequency_name, is_time_name, signal_unit, time_unit
from functions.core.decoding.times import (
    FEWEST_ROWS,
    UNITS_S,
    is_coarse,
    is_even,
    numbers_samples,
    rate_hz,
    spacing,
    unit_of_rate,
)
from functions.core.errors import (
    InvalidOptionError,
    MalformedBodyError,
    SampleRateContradictsError,
    SignalMissingError,
    SignalShapeError,
)
from functions.core.models.options import TimeUnit
from functions.core.preprocessing.arrays import Float64Array, as_float32
from functions.core.preprocessing.signal import RATE_TOLERANCE, Recording

# Largest values of hours, minutes, seconds and microseconds; some run-to-failure data sets have a column of each.
_CLOCK = (23, 59, 59, 999_999.9999)
_CLOCK_S = (3600.0, 60.0, 1.0, 1e-6)
# Of a duration: by how much two columns of times may differ in it.
_MOST_DISAGREEMENT = 0.05
# The column of annotated CSV that numbers its series. Source: InfluxDB, annotated CSV.
_SERIES = "table"


@dataclass(frozen=True)
class Table:
    """The columns of a file.

    numbers: float64 [N, C]; places: index of each in the file, from 0; names, units: of all columns of the file, names
    empty where it names none; clocks: times of day in seconds, by their place; texts: the first cell of each column of
    text, by its place.
    """

    numbers: Float64Array
    places: Sequence[int]
    names: Sequence[str]
    units: Sequence[str | None]
    clocks: Mapping[int, Float64Array]
    texts: Mapping[int, str] = field(default_factory=dict)

    def column(self, place: int) -> Float64Array:
        """Return a column by its place in the file."""
        return self.clocks[place] if place in self.clocks else self.numbers[:, list(self.places).index(place)]


@dataclass(frozen=True)
class TimeOptions:
    """The caller's options about a table's time."""

    column: str | None = None
    unit: TimeUnit | None = None
    is_rate_given: bool = False


@dataclass(frozen=True)
class Stated:
    """Statements of the lines before a table: sample rate in Hz, unit, and whether InfluxDB wrote them."""

    rate_hz: float | None = None
    unit: str | None = None
    is_annotated: bool = False


def recording_of(table: Table, stated: Stated, options: TimeOptions) -> Recording:
    """Return the signals of a table as a recording, float32 [C, N], with their sample rate.

    Args:
        table: its columns.
        stated: by the file's head.
        options: of the caller.

    Raises:
        InvalidOptionError: there is no such time column.
        SignalMissingError: no column is a signal.
        MalformedBodyError: a time does not rise evenly, or its unit is unclear.
    """
    numbering = _numbers_of_series(table, stated)
    clock = _clock_columns(table) if options.column is None else []
    times, counts = _finest_first(table, _times(table, options, clock), options), _counts(table)
    if not clock and not any(place in table.clocks for place in times):
        _check_spectrum(table, times[:1] or counts)
    if clock:
        rate = rate_hz(_clock_time(table, clock), "s", is_given=options.is_rate_given)
    elif times and not (stated.rate_hz and is_coarse(table.column(times[0]))):
        rate = _rate_of_column(table, times, stated, options)
    else:
        rate = None
        if not times and stated.rate_hz is None and not options.is_rate_given:
            _check_texts(table)
    left_out = {*times, *counts, *clock, *numbering}
    kept = [index for index, place in enumerate(table.places) if place not in left_out]
    if not kept:
        what = "time" if times else "count of rows"
        raise SignalMissingError(f"The only column is a {what}: send the signal beside it.", field="signal")
    return _recording(table, kept, _agreed(rate, stated.rate_hz, options), stated.unit)


def _finest_first(table: Table, times: list[int], options: TimeOptions) -> list[int]:
    """Return the places of times, the caller's or the finest first; times of whole days or seconds come last."""
    if options.column is not None:
        return times
    return sorted(times, key=lambda place: is_coarse(table.column(place)))


def _rate_of_column(table: Table, times: Sequence[int], stated: Stated, options: TimeOptions) -> float | None:
    place, values = times[0], table.column(times[0])
    unit = "s" if place in table.clocks else options.unit or _named_unit(table, place)
    if unit is None and stated.rate_hz is not None:
        unit = unit_of_rate(values, stated.rate_hz)
    if unit is not None and options.column is None and (other := _clock_at_odds(table, place, UNITS_S[unit])):
        if options.is_rate_given:
            return None
        raise MalformedBodyError(
            f"{other}: state `sample_rate_hz`, or with `time_column` which is right.", field="signal"
        )
    return rate_hz(values, unit, is_given=options.is_rate_given)


def _clock_at_odds(table: Table, place: int, unit_s: float) -> str | None:
    """Return in which way a time of day beside a time rises by more or less than it; None where none does."""
    passed_s = float(np.ptp(table.column(place))) * unit_s
    for other, clock in table.clocks.items():
        by_clock_s = float(np.ptp(clock))
        # A clock may be one of whole seconds, and one that stands still is the time of something else.
        rounding_s = float(np.abs(np.diff(clock)).max(initial=0.0))
        if by_clock_s and abs(passed_s - by_clock_s) > rounding_s + _MOST_DISAGREEMENT * max(passed_s, by_clock_s):
            shown = [(table.names[one] or str(one))[:40] if table.names else str(one) for one in (place, other)]
            return (
                f"By the column {shown[0]!r} the recording takes {passed_s:.6g} s, by {shown[1]!r} {by_clock_s:.6g} s"
            )
    return None


def _numbers_of_series(table: Table, stated: Stated) -> list[int]:
    """Return the columns that number the series of a database.

    Raises:
        SignalShapeError: there are several series.
    """
    if not stated.is_annotated or _SERIES not in table.names:
        return []
    places = [place for place in table.places if table.names[place] == _SERIES]
    if any(np.ptp(table.column(place)) for place in places):
        raise SignalShapeError(
            "The file has several series of InfluxDB one below the other: export one, or pivot() them to columns.",
            field="signal",
        )
    return places


def _check_spectrum(table: Table, places: Sequence[int]) -> None:
    """Refuse a table whose rows are lines of a spectrum.

    Args:
        table: its columns.
        places: of the column that rises as times do, or of those that count.

    Raises:
        SignalMissingError: one of them has the name of frequencies.
    """
    found = next(
        (table.names[place] for place in places if table.names and is_frequency_name(table.names[place])), None
    )
    if found is not None:
        raise SignalMissingError(
            f"The file is a spectrum, over the column {found[:40]!r}: send the recording over time from which it was"
            " made.",
            field="signal",
        )


def _check_texts(table: Table) -> None:
    """Refuse times that cannot be read, where nothing else gives the rate.

    Raises:
        MalformedBodyError: a column of text has a time's name.
    """
    found = ((table.names[place], text) for place, text in table.texts.items() if table.names)
    for name, text in found:
        if is_time_name(name):
            raise MalformedBodyError(
                f"The column {name[:40]!r} has times that cannot be read, such as {text[:40]!r}: state"
                " `sample_rate_hz` if the samples are evenly spaced.",
                field="signal",
            )


def _recording(table: Table, kept: Sequence[int], rate: float | None, stated_unit: str | None) -> Recording:
    all_kept = len(kept) == table.numbers.shape[1]
    samples = table.numbers if all_kept else table.numbers[:, kept]
    places = [table.places[index] for index in kept]
    names: tuple[str, ...] = ()
    if table.names:
        names = tuple(table.names[place] or str(place) for place in places)
    elif not all_kept or table.clocks or len(table.places) < len(table.units):
        # By their place in the file, columns that are left out counted too.
        names = tuple(str(place) for place in places)
    units = [signal_unit(table.names[place] if table.names else "", table.units[place]) for place in places]
    if not any(units):
        units = [stated_unit] * len(units)
    of_each = units if len(set(units)) > 1 else ()
    return Recording(as_float32(samples.T), rate, names, None if of_each else units[0], channel_units=of_each)


def _times(table: Table, options: TimeOptions, clock: Sequence[int]) -> list[int]:
    if clock:
        return []
    if options.column is not None:
        return [_chosen(table, options.column), *_named(table), *_rising(table)]
    return [*_named(table), *table.clocks, *_rising(table)]


def _chosen(table: Table, wanted: str) -> int:
    if wanted in table.names:
        place = list(table.names).index(wanted)
    else:
        place = int(wanted) if wanted.isdecimal() and len(wanted) <= 4 else -1
    if place in table.places or place in table.clocks:
        return place
    shown = ", ".join([name[:40] for name in table.names[:8]] or [str(place) for place in table.places[:8]])
    raise InvalidOptionError(f"There is no column {wanted[:40]!r} of numbers; there are {shown}.", field="time_column")


def _named(table: Table) -> list[int]:
    known = {*table.places, *table.clocks}
    return [place for place, name in enumerate(table.names) if name and is_time_name(name) and place in known]


def _rising(table: Table) -> list[int]:
    """Return the columns that rise evenly but do not count."""
    if len(table.numbers) < FEWEST_ROWS:
        return []
    return [
        place
        for place in _monotonic(table)
        if not numbers_samples(table.column(place)) and is_even(table.column(place))
    ]


def _counts(table: Table) -> list[int]:
    if len(table.numbers) < FEWEST_ROWS:
        return []
    return [place for place in _monotonic(table) if numbers_samples(table.column(place))]


def _monotonic(table: Table) -> list[int]:
    return [table.places[index] for index in rising_rows(table.numbers.T)]


def _named_unit(table: Table, place: int) -> TimeUnit | None:
    return time_unit(table.names[place], table.units[place]) if table.names else None


def _clock_columns(table: Table) -> list[int]:
    """Return the first four columns where they are hour, minute, second and microsecond."""
    if (
        table.numbers.shape[1] <= len(_CLOCK)
        or len(table.numbers) < FEWEST_ROWS
        or list(table.places[:4]) != [0, 1, 2, 3]
    ):
        return []
    first = table.numbers[:FEWEST_ROWS, :4]
    whole = bool((first[:, :3] == np.floor(first[:, :3])).all())
    if not whole or not ((first >= 0) & (first <= _CLOCK)).all() or first[:, 3].max() < 60:
        return []
    found = spacing(_clock_time(table, [0, 1, 2, 3]))
    return [0, 1, 2, 3] if found is not None and found.is_even else []


def _clock_time(table: Table, places: Sequence[int]) -> Float64Array:
    return unwrapped(np.column_stack([table.column(place) for place in places]) @ np.array(_CLOCK_S))


def _agreed(found_hz: float | None, stated_hz: float | None, options: TimeOptions) -> float | None:
    if found_hz is None or stated_hz is None or options.is_rate_given:
        return found_hz if found_hz is not None else stated_hz
    if abs(found_hz / stated_hz - 1) > RATE_TOLERANCE:
        raise SampleRateContradictsError(
            f"The file's head states {stated_hz:g} Hz and its times rise at {found_hz:g} Hz: state `sample_rate_hz`."
        )
    return stated_hz
