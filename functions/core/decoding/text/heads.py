"""What stands before a table: names of columns, their units, and the sample rate."""

import re
from collections.abc import Sequence

from functions.core.decoding.text.layout import COMMENTS, Layout, kind_of
from functions.core.models.options import TimeUnit

# A quantity of 1 in seconds, or in hertz; written without spaces, in lower case.
_TIME_UNITS: dict[str, TimeUnit] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekunden"), "s"),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("us", "\xb5s", "\u03bcs", "usec", "micros", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("ns", "nsec", "nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
}
_SIGNAL_UNITS = {
    **dict.fromkeys(("g", "gs", "g's", "gn", "g_n"), "g"),
    **dict.fromkeys(("m/s2", "m/s/s", "m/sec2", "m/s*s", "ms-2", "m\xb7s-2", "ms2"), "m/s2"),
    **dict.fromkeys(("mm/s", "mm/sec", "mm_s"), "mm/s"),
}
_BRACKETED = re.compile(r"(.*?)[\s_]*[\[(]\s*([^\[\]()]{1,20}?)\s*[\])]\s*(.*)", re.DOTALL)
_SUFFIXED = re.compile(r"(.+?)[ _]+([^ _]{1,14})")
_TIME_NAME = re.compile(
    r"(?:(?:rel(?:ative)?|elapsed|abs(?:olute)?|sampl(?:e|ing)|measurement|recording|x)[ _-]*)?"
    r"(?:t|times?|time ?stamps?|time_stamp|zeit|zeitstempel|temps|tiempo|tempo|tijd|tid|date[ _]?time|datetime|date"
    r"|datum|uhrzeit|clock)[ _-]?\d*",
    re.IGNORECASE,
)
_RATE_NAME = (
    r"(?:(?:sampl(?:e|ing)s?|scan|data|acquisition|abtast)[ \t_-]{0,3}(?:rate|freq(?:uency)?|frequenz)|abtastrate"
    r"|samplerate|samplingrate|samplingfrequency|fs|sr)"
)
_STEP_NAME = (
    r"(?:sampl(?:e|ing)[ \t_-]{0,3}(?:interval|period|time)|delta[ \t_-]?[xt]|dt|time[ \t_-]{0,3}(?:increment|interval)"
    r"|increment)"
)
_VALUE = (
    r"[ \t]{0,8}(?:[\[(][ \t]?([^\]) \t]{1,10})[ \t]?[\])])?[\"']?[ \t]{0,8}[:=,;\t ][ \t]{0,8}[\"']?"
    r"(\d[\d.,]{0,20}(?:[eE][+-]?\d{1,3})?)[ \t]{0,8}([^\W\d]{1,8}(?:/s)?)?"
)
_RATE = re.compile(rf"(?<![A-Za-z]){_RATE_NAME}{_VALUE}", re.IGNORECASE)
_STEP = re.compile(rf"(?<![A-Za-z]){_STEP_NAME}{_VALUE}", re.IGNORECASE)
_RATE_UNITS = {"k": 1e3, "m": 1e6}
_SLOWEST_HZ = 100.0
_UNITS_OF_A_ROW = frozenset(["v", "mv", "pa", "n", "hz", "rpm", "-", "°c", "degc", "a", "ma", "%"]) | {""}


def names_of(layout: Layout) -> tuple[list[str], list[str | None]]:
    """Return the names of a table's columns, none where its head has none, and the units of a row below them."""
    lines = [line for line in layout.head if len(line) <= 64 * 1024]
    count = layout.columns - layout.trailing
    for place in range(len(lines) - 1, max(len(lines) - 4, -1), -1):
        cells = _header_cells(lines[place], layout, count)
        if cells is None:
            continue
        above = _header_cells(lines[place - 1], layout, count) if place and _is_units_row(cells) else None
        if above is not None:
            return above, [_inner(cell) for cell in cells]
        return cells, [None] * count
    return [], [None] * count


def time_unit(name: str, unit: str | None = None) -> TimeUnit | None:
    """Return the unit of a time column by its name, or by what stands in a row of units below it."""
    if unit is not None and _squeezed(unit) in _TIME_UNITS:
        return _TIME_UNITS[_squeezed(unit)]
    return _TIME_UNITS.get(_squeezed(_split_unit(name)[1] or name))


def is_time_name(name: str) -> bool:
    """Whether a column's name is that of a time."""
    base, unit = _split_unit(name)
    if unit is not None and _squeezed(unit) in _TIME_UNITS:
        return bool(_TIME_NAME.fullmatch(base)) or not base
    return bool(_TIME_NAME.fullmatch(name)) or (len(_squeezed(name)) > 1 and _squeezed(name) in _TIME_UNITS)


def signal_unit(name: str, unit: str | None = None) -> str | None:
    """Return the unit of a signal, `g`, `m/s2` or `mm/s`, by its column's name or a row of units."""
    if unit is not None:
        return _SIGNAL_UNITS.get(_squeezed(unit))
    base, found = _split_unit(name)
    return _SIGNAL_UNITS.get(_squeezed(found)) if found and base else None


def rate_of(head: Sequence[str]) -> float | None:
    """Return the sample rate in Hz that lines before a table state, None where they state none or several."""
    text = "\n".join(head)
    rates = {_rate(*found) for found in _RATE.findall(text)} | {_rate_of_step(*found) for found in _STEP.findall(text)}
    stated = {rate for rate in rates if rate is not None and rate >= _SLOWEST_HZ}
    return stated.pop() if len(stated) == 1 else None


def _header_cells(line: str, layout: Layout, count: int) -> list[str] | None:
    """Return a line's cells where it can name the columns."""
    begin = line.lstrip()
    is_comment = begin.startswith(COMMENTS)
    if count == 1 and (is_comment or ":" in line or "=" in line or _RATE.search(line)):
        return None
    # Late: only heads with names need it.
    import csv

    content = begin.lstrip("#%/;").strip() if is_comment and layout.dialect.separator != ";" else line
    for separator in dict.fromkeys((layout.dialect.separator, "\t", ";", ",", None)):
        if count == 1 and separator is None:
            cells = [content.strip().strip('"')]
        elif separator is None:
            cells = content.split()
        else:
            cells = [cell.strip() for cell in next(csv.reader([content], delimiter=separator), [])]
        if len(cells) == count + 1 and not cells[-1]:
            cells.pop()
        if len(cells) == count and all(kind_of(cell) != "number" for cell in cells) and any(cells):
            return [cell.strip("\"'") for cell in cells]
        if count == 1 and separator is not None and cells[1:] and not any(cells[1:]):
            return cells[:1]
    return None


def _is_units_row(cells: Sequence[str]) -> bool:
    return all(
        _inner(cell) != cell
        or _squeezed(cell) in {**_TIME_UNITS, **_SIGNAL_UNITS}
        or _squeezed(cell) in _UNITS_OF_A_ROW
        for cell in cells
    )


def _inner(cell: str) -> str:
    return cell[1:-1].strip() if cell[:1] in ("(", "[") and cell[-1:] in (")", "]") else cell


def _split_unit(name: str) -> tuple[str, str | None]:
    if bracketed := _BRACKETED.fullmatch(name.strip()):
        return (bracketed[1] + " " + bracketed[3]).strip(), bracketed[2]
    if suffixed := _SUFFIXED.fullmatch(name.strip()):
        return suffixed[1], suffixed[2]
    return name.strip(), None


def _squeezed(unit: str) -> str:
    return unit.lower().replace(" ", "").replace("\xb2", "2").replace("^", "")


def _number(text: str) -> float | None:
    marks = text.rstrip(".,")
    if marks.count(",") == 1 and "." not in marks:
        whole, _, fraction = marks.partition(",")
        marks = whole + fraction if len(fraction) == 3 else f"{whole}.{fraction}"
    try:
        value = float(marks.replace(",", ""))
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def _rate(bracketed: str, number: str, behind: str) -> float | None:
    value, unit = _number(number), (behind or bracketed).lower()
    if value is None:
        return None
    return value * (_RATE_UNITS.get(unit[:1], 1.0) if unit[1:2] in ("h", "s") else 1.0)


def _rate_of_step(bracketed: str, number: str, behind: str) -> float | None:
    value = _number(number)
    unit = _TIME_UNITS.get((behind or bracketed or "s").lower())
    if value is None or unit is None:
        return None
    from functions.core.decoding.times import UNITS_S

    return float(f"{1 / (value * UNITS_S[unit]):.6g}")
