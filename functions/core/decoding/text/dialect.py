"""The dialect of delimited text: what separates columns, how fractions are written, and the kinds of cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from functions.core.models.options import Delimiter

CellKind = Literal["number", "clock", "text", "empty"]
COMMENTS = ("#", "%", "//", ";")
# A number as people print it, also broken off or with thousands marked.
NUMBER = re.compile(
    r"[+-]?(?:\d[\d.,'\u2019\xa0\u202f\u2009]*(?: \d{3}[\d.,]*)*|[.,]\d+)(?:[eEdD][+-]?\d+)?|[+-]?(?:nan|inf|infinity)",
    re.IGNORECASE,
)
# A time of day, perhaps with its date.
_CLOCK = re.compile(
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ,]{0,2})?"
    r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,:]\d+)?\s?(?:[AP]M|Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
# Of a timetable. Source: MATLAB, duration.
DURATION = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) (sec|min|hr)")
# The last part has two digits or four, so it is no number with thousands.
_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})")
# What a spreadsheet shows in the place of a number.
_SHEET_ERROR = re.compile(r"#(?:N/A\b|NV\b|[A-Z]+(?:/0)?[!?])")
_DECIMAL_COMMAS = re.compile(r"[+-]?\d*,\d+(?:[eEdD][+-]?\d+)?")
# A fraction may begin with a zero, and zero may be negative; two columns of integers are never printed so.
_FRACTION = re.compile(r"[+-]?\d+,0\d|-0,|[+-]?\d*,\d+[eEdD]")
# Cells of a row that decide whether it is a row of numbers.
CELLS_LOOKED_AT = 64
_NAMED: dict[Delimiter, str | None] = {"tab": "\t", "space": None}


@dataclass(frozen=True)
class Dialect:
    """The separator of columns (None: white space), and whether fractions are written with a comma."""

    separator: str | None
    decimal_comma: bool = False

    def cells(self, line: str, most: int = -1) -> list[str]:
        """Return the cells of a line, without white space and quotes."""
        return [cell.strip().strip('"').strip() for cell in line.split(self.separator, most)]

    def count(self, line: str) -> int:
        """Return how many cells a line has."""
        return len(line.split()) if self.separator is None else line.count(self.separator) + 1


def find_dialect(rows: Sequence[str], delimiter: Delimiter | None = None) -> Dialect:
    """Return the dialect of most of the rows.

    Args:
        rows: of a text, at least one, neither blank nor comments.
        delimiter: what the caller states.
    """
    if delimiter is not None:
        separator = _NAMED.get(delimiter, delimiter)
        return Dialect(separator, separator != "," and any("," in row for row in rows))
    for separator in (";", "\t", "|"):
        if _have_most(rows, separator):
            return Dialect(separator, decimal_comma=True)
    if not _have_most(rows, ","):
        return Dialect(None)
    row = next(row for row in reversed(rows) if "," in row)
    cells = row.split(maxsplit=CELLS_LOOKED_AT)
    if len(cells) > 1 and all(_DECIMAL_COMMAS.fullmatch(cell) for cell in cells[:CELLS_LOOKED_AT]):
        return Dialect(None, decimal_comma=True)
    return Dialect(None, decimal_comma=True) if _is_one_decimal_column(rows) else Dialect(",")


def is_comment(line: str, dialect: Dialect) -> bool:
    """Whether a line is a comment: a semicolon begins none where it divides columns."""
    begin = line.lstrip()
    if not begin.startswith(COMMENTS) or _SHEET_ERROR.match(begin):
        return False
    return not (dialect.separator == ";" and begin.startswith(";"))


def kind_of(cell: str) -> CellKind:
    """Return the kind of a cell."""
    if not cell:
        return "empty"
    if NUMBER.fullmatch(cell):
        return "text" if _DATE.fullmatch(cell) else "number"
    return "clock" if _CLOCK.fullmatch(cell) or DURATION.fullmatch(cell) else "text"


def kinds_of(row: str, dialect: Dialect) -> tuple[tuple[CellKind, ...], int]:
    """Return the kinds of a row's first cells, and how many empty cells end it."""
    trailing = 0
    if dialect.separator is not None:
        ending = row.rstrip(" ")
        trailing = len(ending) - len(ending.rstrip(dialect.separator))
    looked_at = min(dialect.count(row) - trailing, CELLS_LOOKED_AT)
    return tuple(kind_of(cell) for cell in dialect.cells(row, CELLS_LOOKED_AT)[:looked_at]), trailing


def _have_most(rows: Sequence[str], mark: str) -> bool:
    return 2 * sum(mark in row.strip(" ") for row in rows) > len(rows)


def _is_one_decimal_column(rows: Sequence[str]) -> bool:
    numbers = [row.strip() for row in rows if NUMBER.fullmatch(row.strip())]
    return (
        bool(numbers)
        and all(_DECIMAL_COMMAS.fullmatch(row) for row in numbers)
        and any(_FRACTION.match(row) for row in numbers)
    )
