"""Units and times in the names of columns, and in rows of units."""

import re

from functions.core.models.options import TimeUnit
from functions.core.preprocessing.units import bare_unit, known_unit, scale_of

# Spellings of units of time, without spaces, in lower case.
TIME_UNITS: dict[str, TimeUnit] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunden"), "s"),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("us", "\xb5s", "\u03bcs", "usec", "micros", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("ns", "nsec", "nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
}
# In each of these white space can be matched in one way only: else a long run of it, in a name that a caller sends,
# would take a power of its length.
_INSIDE = r"([^\[\]()\s](?:[^\[\]()]{0,18}[^\[\]()\s])?)"
BRACKETED = re.compile(rf"(.*?)(?<![\s_])[\s_]*[\[(]\s*{_INSIDE}\s*[\])]\s*(.*)", re.DOTALL)
IN_BRACKETS = re.compile(rf"[\[(]\s*{_INSIDE}\s*[\])]")
# `t/ms`, `a/(m/s\xb2)`: the quantity divided by its unit, as ISO 80000-1 has it.
DIVIDED = re.compile(r"([^/]{1,60}?)\s*/\s*(?:\(\s*)?([^()\s](?:[^()]{0,12}[^()\s])?)\s*\)?")
# `acc_mg`, `acc g pk`, `acc g pk-pk`, and `acc_m_s2` as programs name it.
SUFFIXED = re.compile(
    r"(.+?)(?<![ _])[ _]+([^ _]{1,14}(?:[ _](?:rms|RMS|pk|PK|peak|[pP][kK]?-?[pP][kK]?))?|[cmu]?m_s2?)"
)
_TIME_NAME = re.compile(
    r"(?:(?:rel(?:ative)?|elapsed|abs(?:olute)?|sampl(?:e|ing)|measurement|recording|x)[ _-]*)?"
    r"(?:t|times?|time ?stamps?|time_stamp|zeit|zeitstempel|temps|tiempo|tempo|tijd|tid|date[ _]?time|datetime|date"
    r"|datum|uhrzeit|clock|ts|czas|время|时间|時間|時刻)[ _-]?\d*",
    re.IGNORECASE,
)
_FREQUENCY_NAME = re.compile(
    r"(?:f|freq|freqs|frequency|frequencies|frequenz|fr\xe9quence|frecuencia|frequenza|częstotliwość|частота|频率|周波数)",
    re.IGNORECASE,
)
_FREQUENCY_UNITS = frozenset(["hz", "khz", "cpm", "kcpm", "orders", "order"])
# Units of what no velocity can be computed from, which a recording states as they are written.
OTHER_UNITS = frozenset(["v", "mv", "uv", "\xb5v", "\u03bcv", "volt", "volts", "pa", "kpa", "bar"]) | {
    *("um", "\xb5m", "\u03bcm", "micron", "microns", "mm", "mil", "mils"),
}
# What else stands in a row of units.
_IN_UNITS_ROW = frozenset(["n", "hz", "rpm", "1/min", "-", "°c", "degc", "a", "ma", "%", "ohm", ""])
_UNIT_LABELS = frozenset(["unit", "units", "einheit", "einheiten", "unité", "unités", "sequence"])


def time_unit(name: str, unit: str | None = None) -> TimeUnit | None:
    """Return the unit of a time column by its name, or by its cell in a row of units."""
    if unit is not None and squeezed(unit) in TIME_UNITS:
        return TIME_UNITS[squeezed(unit)]
    return TIME_UNITS.get(squeezed(_split_unit(name)[1] or name))


def is_time_name(name: str) -> bool:
    """Whether a column's name is a name of a time."""
    base, unit = _split_unit(name)
    if unit is not None and squeezed(unit) in TIME_UNITS:
        return bool(_TIME_NAME.fullmatch(base)) or not base
    return bool(_TIME_NAME.fullmatch(name)) or (len(squeezed(name)) > 1 and squeezed(name) in TIME_UNITS)


def is_frequency_name(name: str) -> bool:
    """Whether a column's name is that of the frequencies of a spectrum."""
    base, unit = _split_unit(name)
    if squeezed(name) in _FREQUENCY_UNITS:
        return True
    return bool(_FREQUENCY_NAME.fullmatch(base)) and (unit is None or squeezed(unit) in _FREQUENCY_UNITS)


def signal_unit(name: str, unit: str | None = None) -> str | None:
    """Return the unit of a signal by its column's name or a row of units, as `stated_unit` does."""
    if unit is not None:
        return stated_unit(unit)
    # A range may stand in brackets before the unit: `X (100g) (g)`.
    bracketed = [stated for one in IN_BRACKETS.findall(name) if (stated := stated_unit(one))]
    if bracketed:
        return bracketed[-1]
    base, found = _split_unit(name)
    # Behind a name without brackets `V` may be a part of it.
    return stated_unit(found) if found and base and scale_of(found) else None


def stated_unit(text: str) -> str | None:
    """Return the unit that a text stands for: `g`, `m/s2`, `mm/s`, another one as it is written, or None."""
    is_unit = scale_of(text) is not None or bare_unit(text) in OTHER_UNITS
    return known_unit(text) or (inner(text.strip()) if is_unit else None)


def is_units_row(cells: list[str]) -> bool:
    """Whether the cells of a line are units, perhaps behind a label such as `unit`."""
    of_units = cells[1:] if cells[0].lower().rstrip(":") in _UNIT_LABELS else cells
    known = [inner(cell) != cell or _is_unit(cell) for cell in of_units]
    return all(known) and any(of_units)


def inner(cell: str) -> str:
    """Return the content of a cell that is in brackets, or the cell."""
    return cell[1:-1].strip() if cell[:1] in ("(", "[") and cell[-1:] in (")", "]") else cell


def squeezed(unit: str) -> str:
    """Return a unit without spaces, in lower case, its powers as digits."""
    return unit.lower().replace(" ", "").replace("\xb2", "2").replace("^", "")


def _is_unit(cell: str) -> bool:
    plain = squeezed(cell)
    return plain in TIME_UNITS or plain in _IN_UNITS_ROW or bare_unit(cell) in OTHER_UNITS or scale_of(cell) is not None


def _split_unit(name: str) -> tuple[str, str | None]:
    if bracketed := BRACKETED.fullmatch(name.strip()):
        return (bracketed[1] + " " + bracketed[3]).strip(), bracketed[2]
    divided = DIVIDED.fullmatch(name.strip())
    # Not `velocity mm/s`: its unit is divided itself.
    is_of_time = divided and squeezed(divided[2]) in TIME_UNITS and _TIME_NAME.fullmatch(divided[1])
    if divided and (is_of_time or scale_of(divided[2])):
        return divided[1], divided[2]
    if suffixed := SUFFIXED.fullmatch(name.strip()):
        return suffixed[1], suffixed[2]
    return name.strip(), None
