"""Text as serial monitors and plotters write it: a time and an arrow before each line, a label before each number."""

import re
from itertools import cycle

from functions.core.decoding.text.dialect import find_dialect
from functions.core.decoding.text.layout import spread_rows

_ARROW = " -> "
# Such lines begin with the first of the text.
_LOOKED_AT = 4096
_STAMPED = re.compile(r"\d\d:\d\d:\d\d(?:[.,]\d{1,6})? -> ")
_LABEL = re.compile(r"(?<![\w.])([^\W\d]\w{0,40})[ \t]{0,4}[:=][ \t]{0,4}(?=[+-]?\.?\d)")
_LINE = re.compile(r".+")
_LABELLED = re.compile(rf"\s*(?:{_LABEL.pattern}[+-]?[\d.]+(?:[eE][+-]?\d+)?[ \t,;]*)+", re.IGNORECASE)


def without_arrows(text: str) -> str:
    """Return a text in which a separator stands for the arrow behind the time of each line; others as they are.

    Args:
        text: lines ended by line feeds.
    """
    if _ARROW not in text[:_LOOKED_AT]:
        return text
    rows = spread_rows(text)
    stamped = [row.partition(_ARROW)[2] for row in rows if _STAMPED.match(row)]
    if 2 * len(stamped) <= len(rows):
        return text
    # As wide as the arrow: columns in an editor stay what they are.
    return text.replace(_ARROW, (find_dialect(stamped).separator or " ").rjust(len(_ARROW)))


def without_labels(text: str) -> tuple[str, list[str]]:
    """Return a text with white space for the label before each number, and the labels of a line.

    Where lines have none, or others than the lines before them, the text is as it is.

    Args:
        text: lines ended by line feeds.
    """
    start = next((one.start() for one in _LINE.finditer(text, 0, _LOOKED_AT) if _LABELLED.fullmatch(one[0])), None)
    rows = [] if start is None else spread_rows(text)
    labelled = [row for row in rows if _LABELLED.fullmatch(row)]
    if start is None or 2 * len(labelled) <= len(rows):
        return text, []
    names = _LABEL.findall(labelled[-1])
    in_order = zip(_LABEL.finditer(text, start), cycle(names))
    if len(set(names)) < len(names) or any(found[1] != name for found, name in in_order):
        return text, []
    return text[:start] + _LABEL.sub(lambda found: " " * len(found[0]), text[start:]), names
