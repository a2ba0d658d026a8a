"""Text as serial monitors and plotters write it: a time and an arrow before each line, labels and units at numbers."""

import re
from collections.abc import Sequence
from itertools import cycle

from functions.core.decoding.text.dialect import find_dialect
from functions.core.decoding.text.layout import spread_rows
from functions.core.decoding.text.units import is_units_row

_ARROW = "->"
# Such lines begin with the first of the text.
_LOOKED_AT = 4096
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,6})?"
_STAMPED = re.compile(rf"{_CLOCK} ?-> ?")
_LABEL = re.compile(
    r"(?<![\w.])([^\W\d]\w{0,40}(?:[(\[][^\s()\[\]]{1,10}[)\]])?)[ \t]{0,4}[:=][ \t]{0,4}(?=[+-]?\.?\d)"
)
# What stands behind a number and is neither its exponent nor the next label.
_UNIT = re.compile(r"(?<=\d)(?![eE][+-]?\d)[ \t,;]{0,4}([^\W\d_][\w/^*]{0,8})(?![\w/^*(\[]|[ \t]{0,4}[:=])")
_NUMBER = r"[+-]?[\d.]+(?:[eE][+-]?\d+)?"
_LINE = re.compile(r".+")
_VALUE = re.compile(rf"{_LABEL.pattern}{_NUMBER}(?:{_UNIT.pattern})?")
_STARTS_WITH_CLOCK = re.compile(rf"\s*{_CLOCK}[ \t,;]+")
# No white space may be matched in two ways: a line of nothing else would take the square of its length.
_LABELLED = re.compile(rf"(?:{_STARTS_WITH_CLOCK.pattern}|\s*)(?:{_VALUE.pattern}[ \t,;]*)+", re.IGNORECASE)
_NO_UNIT = "-"
_MARKS = ",;"


def without_arrows(text: str) -> str:
    """Return a text in which a separator stands for the arrow behind the time of each line; others as they are.

    Args:
        text: lines ended by line feeds.
    """
    if _ARROW not in text[:_LOOKED_AT]:
        return text
    rows = spread_rows(text)
    stamped = [row.partition(_ARROW)[2].strip() for row in rows if _STAMPED.match(row)]
    if 2 * len(stamped) <= len(rows):
        return text
    # As wide as the arrow: columns in an editor stay what they are.
    return text.replace(_ARROW, (find_dialect(stamped).separator or " ").rjust(len(_ARROW)))


def without_labels(text: str) -> tuple[str, list[list[str]]]:
    """Return a text with white space for the label and the unit at each number, and the labels and units of a line.

    Where lines have none, or others than the lines before them, the text is as it is; units are returned if known.

    Args:
        text: lines ended by line feeds.
    """
    start = next((one.start() for one in _LINE.finditer(text, 0, _LOOKED_AT) if _LABELLED.fullmatch(one[0])), None)
    rows = [] if start is None else spread_rows(text)
    labelled = [row for row in rows if _LABELLED.fullmatch(row)]
    if start is None or 2 * len(labelled) <= len(rows):
        return text, []
    values = list(_VALUE.finditer(labelled[-1]))
    names = [found[1] for found in values]
    in_order = zip(_LABEL.finditer(text, start), cycle(names))
    if len(set(names)) < len(names) or any(found[1] != name for found, name in in_order):
        return text, []
    plain = _UNIT.sub(_blank, _LABEL.sub(_blank, text[start:]))
    if any(labelled[-1].count(mark) not in {0, len(names) - 1, len(names)} for mark in _MARKS):
        # They divide some of the columns, and white space the others.
        plain = plain.translate(dict.fromkeys(map(ord, _MARKS), " "))
    units = _units([found[2] or "" for found in values])
    time, second = (["time"], ["s"]) if _STARTS_WITH_CLOCK.match(labelled[-1]) else ([], [])
    return text[:start] + plain, [time + names, second + units] if is_units_row(units) else [time + names]


def _units(found: Sequence[str]) -> list[str]:
    """Return the unit of each number of a line; one at its end alone is that of all."""
    return [found[-1]] * len(found) if not any(found[:-1]) else [unit or _NO_UNIT for unit in found]


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
