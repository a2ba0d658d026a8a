"""Removal of quotes around numbers whose commas would be read as separators of columns."""

import re
from collections.abc import Sequence

from functions.core.decoding.text.layout import spread_rows

_QUOTED = re.compile(r'"([^"\n]*)"')
_NUMBER = re.compile(r"\s*[+-]?[.,]?\d[\d.,]{0,40}(?:[eE][+-]?\d{1,3})?\s*")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")


def unquoted(text: str) -> str:
    """Return a text in which numbers in quotes have decimal points, no thousands and no quotes; others as they are.

    Args:
        text: lines ended by line feeds.
    """
    if '"' not in text:
        return text
    cells = [cell for row in spread_rows(text) for cell in _QUOTED.findall(row)]
    numbers = [cell.strip() for cell in cells if _NUMBER.fullmatch(cell)]
    if not any("," in number for number in numbers):
        return text
    marks = str.maketrans({".": None, ",": "."} if _has_decimal_commas(numbers) else {",": None})
    return _QUOTED.sub(lambda found: found[1].translate(marks) if _NUMBER.fullmatch(found[1]) else found[0], text)


def _has_decimal_commas(numbers: Sequence[str]) -> bool:
    both = [number for number in numbers if "," in number and "." in number]
    if both:
        return 2 * sum(number.rfind(",") > number.rfind(".") for number in both) > len(both)
    # Groups of three digits alone may be thousands.
    return not all(_GROUPED.fullmatch(number) for number in numbers if "," in number)
