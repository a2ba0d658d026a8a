"""Where a table of numbers stands in a text, what divides its columns, and what its head names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from functions.core.errors import MalformedBodyError
from functions.core.models.options import Delimiter

CellKind = Literal["number", "clock", "text", "empty"]
COMMENTS = ("#", "%", "//", ";")
# A number as people print it, also broken off or with thousands marked.
_NUMBER = re.compile(
    r"[+-]?(?:\d[\d.,'\u2019\xa0\u202f\u2009]*(?: \d{3}[\d.,]*)*|[.,]\d+)(?:[eEdD][+-]?\d+)?|[+-]?(?:nan|inf|infinity)",
    re.IGNORECASE,
)
# A time of day, perhaps with its date.
_CLOCK = re.compile(
    r"(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ,]{0,2})?\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s?(?:[AP]M|Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2}")
_STARTS_LIKE_NUMBER = re.compile(r"[+-]?[.,]?\d|[+-]?(?:nan|inf|infinity)\b", re.IGNORECASE)
_DECIMAL_COMMAS = re.compile(r"[+-]?\d*,\d+(?:[eEdD][+-]?\d+)?")
# A fraction may begin with a zero, and zero may be negative; of two columns of integers neither is printed so.
_FRACTION = re.compile(r"[+-]?\d+,0\d|-0,|[+-]?\d*,\d+[eEdD]")
# Cells of a row that are looked at to tell rows of numbers from others.
_CELLS_LOOKED_AT = 64
_LINES_LOOKED_AT = 256
_NAMED: dict[Delimiter, str | None] = {"tab": "\t", "space": None}


@dataclass(frozen=True)
class Dialect:
    """What stands between two columns (None: white space), and whether fractions have a comma."""

    separator: str | None
    decimal_comma: bool = False

    def cells(self, line: str, most: int = -1) -> list[str]:
        """Return the cells of a line, without white space and quotes."""
        return [cell.strip().strip('"').strip() for cell in line.split(self.separator, most)]

    def count(self, line: str) -> int:
        """Return how many cells a line has."""
        return len(line.split()) if self.separator is None else line.count(self.separator) + 1


@dataclass(frozen=True)
class Layout:
    """A table in a text.

    start, line: where its first row stands, as an offset and as a number from 1; columns: cells of a row, of which the
    last `trailing` are empty; kinds: of the first cells; head: the lines before it that are not blank.
    """

    start: int
    line: int
    dialect: Dialect
    columns: int
    trailing: int
    kinds: tuple[CellKind, ...]
    head: tuple[str, ...]

    @property
    def has_numbers_only(self) -> bool:
        """Whether every cell of a row is a number."""
        return set(self.kinds) == {"number"}


def find_layout(text: str, skip_rows: int = 0, delimiter: Delimiter | None = None) -> Layout:
    """Return where the table of a text stands.

    Args:
        text: lines ended by line feeds.
        skip_rows: lines at the top that are left out.
        delimiter: by default as the last row has it.

    Raises:
        MalformedBodyError: there is no row of numbers.
    """
    row = _last_row(text)
    dialect = _dialect(row, text, delimiter)
    count, (kinds, trailing) = dialect.count(row), _kinds(row, dialect)
    if "number" not in kinds:
        where = text.count("\n", 0, text.rfind(row)) + 1
        found = "a head and no row" if text.strip().count("\n") == 0 else "no row"
        raise MalformedBodyError(
            f"The text has {found} of numbers: line {where}, the last, is {row.strip()[:40]!r};"
            " `skip_rows` and `delimiter` tell how to read it.",
            field="signal",
        )
    head: list[str] = []
    for start, number, line in _lines(text):
        if number <= skip_rows or not line.strip():
            continue
        if not is_comment(line, dialect) and dialect.count(line) == count and _fits(line, kinds, dialect, number):
            return Layout(start, number, dialect, count, trailing, kinds, tuple(head))
        head.append(line)
    raise MalformedBodyError(f"The text has no row of numbers behind {skip_rows} lines left out.", field="skip_rows")


def is_comment(line: str, dialect: Dialect) -> bool:
    """Whether a line is a comment: a semicolon begins none where it divides columns."""
    begin = line.lstrip()
    return begin.startswith(COMMENTS) and not (dialect.separator == ";" and begin.startswith(";"))


def kind_of(cell: str) -> CellKind:
    """Return what a cell holds."""
    if not cell:
        return "empty"
    if _NUMBER.fullmatch(cell):
        return "number"
    return "clock" if _CLOCK.fullmatch(cell) else "text"


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    start, number = 0, 1
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, number, text[start:end]
        start, number = end + 1, number + 1


def _last_row(text: str) -> str:
    end = len(text)
    while end > 0:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if line.strip() and not line.lstrip().startswith(COMMENTS[:3]):
            return line
        end = start - 1
    raise MalformedBodyError("The text has no rows.", field="signal")


def _dialect(row: str, text: str, delimiter: Delimiter | None) -> Dialect:
    if delimiter is not None:
        separator = _NAMED.get(delimiter, delimiter)
        return Dialect(separator, separator != "," and "," in row)
    for separator in (";", "\t"):
        if separator in row.strip(" "):
            return Dialect(separator, decimal_comma=True)
    if "," not in row:
        return Dialect(None)
    cells = row.split(maxsplit=_CELLS_LOOKED_AT)
    if len(cells) > 1 and all(_DECIMAL_COMMAS.fullmatch(cell) for cell in cells[:_CELLS_LOOKED_AT]):
        return Dialect(None, decimal_comma=True)
    return Dialect(None, decimal_comma=True) if _is_one_decimal_column(row, text) else Dialect(",")


def _is_one_decimal_column(row: str, text: str) -> bool:
    if not _DECIMAL_COMMAS.fullmatch(row.strip()):
        return False
    tail = [line for line in text[-40 * _LINES_LOOKED_AT :].split("\n")[1:] if line.strip()][-_LINES_LOOKED_AT:]
    rows = [line.strip() for line in tail if _NUMBER.fullmatch(line.strip())] or [row.strip()]
    return all(_DECIMAL_COMMAS.fullmatch(line) for line in rows) and any(_FRACTION.match(line) for line in rows)


def _kinds(row: str, dialect: Dialect) -> tuple[tuple[CellKind, ...], int]:
    """Return the kinds of a row's first cells, and how many empty cells end it."""
    trailing = 0
    if dialect.separator is not None:
        ending = row.rstrip(" ")
        trailing = len(ending) - len(ending.rstrip(dialect.separator))
    looked_at = min(dialect.count(row) - trailing, _CELLS_LOOKED_AT)
    return tuple(kind_of(cell) for cell in dialect.cells(row, _CELLS_LOOKED_AT)[:looked_at]), trailing


def _fits(line: str, kinds: tuple[CellKind, ...], dialect: Dialect, number: int) -> bool:
    """Whether a line is a row of such cells; where a first row is broken it is refused, not left out."""
    cells = dialect.cells(line, _CELLS_LOOKED_AT)[: len(kinds)]
    found = [kind_of(cell) for cell in cells]
    if all(other in (kind, "text") for kind, other in zip(found, kinds, strict=False)):
        return True
    wrong = next(cell for cell, kind, other in zip(cells, found, kinds, strict=False) if kind != other)
    if _STARTS_LIKE_NUMBER.match(cells[0]) and not _WORD.search(wrong) and any(map(_STARTS_LIKE_NUMBER.match, cells)):
        raise broken_cell(number, line.find(wrong) + 1, wrong)
    return False


def broken_cell(line: int, column: int, found: str) -> MalformedBodyError:
    """Return the refusal of a cell that should be a number, at a line and column from 1."""
    shown = f"{found[:40]!r} stands" if found else "nothing stands"
    return MalformedBodyError(
        f"The text cannot be read at line {line}, column {column}: {shown} where a number belongs;"
        " `skip_rows`, `delimiter` and `charset` tell how to read it.",
        field="signal",
    )
