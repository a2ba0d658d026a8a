"""The layout of a text: where its table of numbers stands, between the head and the lines at its end."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.core.decoding.text.dialect import (
    CELLS_LOOKED_AT,
    COMMENTS,
    CellKind,
    Dialect,
    find_dialect,
    is_comment,
    kind_of,
    kinds_of,
)
from functions.core.errors import MalformedBodyError
from functions.core.models.options import Delimiter

_WORD = re.compile(r"[^\W\d_]{2}")
_STARTS_LIKE_NUMBER = re.compile(r"[+-]?[.,]?\d|[+-]?(?:nan|inf|infinity)\b", re.IGNORECASE)
# Lines, spread over the text, that decide what a row looks like.
_LINES_LOOKED_AT = 256
# About as many of them are read cell by cell.
_ROWS_LOOKED_AT = 64
_MOST_HEAD_LINES = 10_000
# Most lines of numbers alone in a head: more of them are rows of another table.
_MOST_NUMBERS_ABOVE = 16
# Lines behind a table, such as its mean and maximum.
_MOST_FOOT_LINES = 64


@dataclass(frozen=True)
class Layout:
    """The layout of a table in a text.

    start, line: of its first row, as an offset and as a line number from 1; stop: offset where the last row ends;
    columns: cells of a row, of which the last `trailing` are empty; kinds: of the first cells; head: the lines before
    it that are not blank; note: a sentence about lines behind it that were left out.
    """

    start: int
    line: int
    stop: int
    dialect: Dialect
    columns: int
    trailing: int
    kinds: tuple[CellKind, ...]
    head: tuple[str, ...]
    note: str | None = None

    @property
    def has_numbers_only(self) -> bool:
        """Whether every cell of a row is a number."""
        return set(self.kinds) == {"number"}


def find_layout(
    text: str, skip_rows: int = 0, delimiter: Delimiter | None = None, labels: Sequence[Sequence[str]] = ()
) -> Layout:
    """Return the layout of a text.

    Args:
        text: lines ended by line feeds.
        skip_rows: lines at the top that are left out.
        delimiter: by default as most rows have it.
        labels: names of the columns, and perhaps their units, where each row has them.

    Raises:
        MalformedBodyError: there is no row of numbers.
    """
    rows = spread_rows(text)
    dialect = find_dialect(rows or [_last_row(text)], delimiter)
    row = _typical_row(rows, dialect)
    if row is None:
        raise _no_row(text)
    count, (kinds, trailing) = dialect.count(row), kinds_of(row, dialect)
    stop, note = _foot(text, dialect, count, kinds)
    head: list[str] = []
    numbers_above = 0
    for start, number, line in _lines(text, stop):
        if number <= skip_rows or not line.strip():
            continue
        if not is_comment(line, dialect):
            if head and _stands_between_titles(head[-1], text, start):
                # SignalExpress writes the title of a value above it.
                head[-1] += f" {line.strip()}"
                continue
            if dialect.count(line) == count and _fits(line, kinds, dialect, number):
                names = [(dialect.separator or " ").join(line) for line in labels]
                return Layout(start, number, stop, dialect, count, trailing, kinds, (*head, *names), note)
            numbers_above += _is_of_numbers(line, dialect)
        head.append(line)
        if numbers_above > _MOST_NUMBERS_ABOVE:
            raise _other_row(number, dialect.count(line), count)
        if len(head) > _MOST_HEAD_LINES:
            break
    raise MalformedBodyError(
        f"The text has no row of {count} columns in the {min(len(head), _MOST_HEAD_LINES)} lines behind line"
        f" {skip_rows}; `skip_rows` and `delimiter` state how to read it.",
        field="skip_rows" if skip_rows else "signal",
    )


def broken_cell(line: int, column: int, found: str) -> MalformedBodyError:
    """Return the error for a cell that should be a number, at a line and column from 1."""
    shown = f"{found[:40]!r} stands" if found else "nothing stands"
    return MalformedBodyError(
        f"The text cannot be read at line {line}, column {column}: {shown} where a number belongs; remove the line if"
        " it is no row, or state with `skip_rows`, `delimiter` and `charset` how to read the text.",
        field="signal",
    )


def _lines(text: str, stop: int) -> Iterator[tuple[int, int, str]]:
    start, number = 0, 1
    while start <= stop:
        end = text.find("\n", start, stop)
        end = stop if end < 0 else end
        yield start, number, text[start:end]
        start, number = end + 1, number + 1


def _stands_between_titles(before: str, text: str, start: int) -> bool:
    """Whether the line before a line, and the one behind it, end with a colon."""
    behind = text.find("\n", start) + 1
    return before.rstrip().endswith(":") and text[behind : text.find("\n", behind)].rstrip().endswith(":")


def spread_rows(text: str) -> list[str]:
    """Return lines that are spread evenly over a text, in order, each once, without blank lines and comments."""
    return [line for line in _spread_lines(text) if line.strip() and not line.lstrip().startswith(COMMENTS[:3])]


def _spread_lines(text: str) -> Iterator[str]:
    end = -1
    for place in range(_LINES_LOOKED_AT):
        at = max(len(text) * place // _LINES_LOOKED_AT, end + 1)
        if at > len(text) or (place and at <= end):
            continue
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text[start:end]


def _typical_row(rows: Sequence[str], dialect: Dialect) -> str | None:
    """Return a row of the commonest shape, of equally common ones the last; None where no row has a number."""
    rows = rows[:: -max(1, len(rows) // _ROWS_LOOKED_AT)][::-1]
    shapes = [(dialect.count(row), kinds_of(row, dialect)[0]) for row in rows]
    counted = Counter(shape for shape in shapes if "number" in shape[1])
    most = max(counted.values(), default=0)
    found = (row for row, shape in zip(reversed(rows), reversed(shapes), strict=True) if counted[shape] == most)
    return next(found, None) if most else None


def _last_row(text: str) -> str:
    end = len(text)
    while end > 0:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if line.strip() and not line.lstrip().startswith(COMMENTS[:3]):
            return line
        end = start - 1
    raise MalformedBodyError("The text has no rows.", field="signal")


def _no_row(text: str) -> MalformedBodyError:
    row = _last_row(text)
    where = text.count("\n", 0, text.rfind(row)) + 1
    found = "a head and no row" if text.strip().count("\n") == 0 else "no row"
    return MalformedBodyError(
        f"The text has {found} of numbers: line {where}, the last, is {row.strip()[:40]!r};"
        " `skip_rows` and `delimiter` state how to read it.",
        field="signal",
    )


def _other_row(line: int, columns: int, wanted: int) -> MalformedBodyError:
    return MalformedBodyError(
        f"The text cannot be read at line {line}: it has {columns} columns where most rows have {wanted};"
        " `skip_rows` leaves lines out, and `delimiter` states what divides columns.",
        field="signal",
    )


def _foot(text: str, dialect: Dialect, count: int, kinds: tuple[CellKind, ...]) -> tuple[int, str | None]:
    """Return where the last row of a table ends, and a note of the lines behind it that are none."""
    end, left_out = len(text), 0
    while end > 0 and left_out <= _MOST_FOOT_LINES:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if line.strip() and not is_comment(line, dialect):
            if dialect.count(line) == count and _is_row(line, kinds, dialect):
                return end, _note(text, end, left_out)
            left_out += 1
        end = start - 1
    # Then the search from the top finds the table, and names what breaks it.
    return len(text), None


def _note(text: str, end: int, left_out: int) -> str | None:
    if not left_out:
        return None
    line = text.count("\n", 0, end) + 2
    if left_out == 1 and _STARTS_LIKE_NUMBER.match(text[end:].strip()):
        return f"The file is cut short: its last row, line {line}, is no whole row and was left out."
    return f"The lines behind the table, from line {line} on, are no rows of it and were left out."


def _is_row(line: str, kinds: tuple[CellKind, ...], dialect: Dialect) -> bool:
    cells = dialect.cells(line, CELLS_LOOKED_AT)[: len(kinds)]
    return all(kind in ("text", "empty") or kind_of(cell) == kind for cell, kind in zip(cells, kinds, strict=False))


def _is_of_numbers(line: str, dialect: Dialect) -> bool:
    return set(kinds_of(line, dialect)[0]) == {"number"}


def _fits(line: str, kinds: tuple[CellKind, ...], dialect: Dialect, number: int) -> bool:
    """Whether a line is a row of such cells; a broken first row is refused, not left out."""
    cells = dialect.cells(line, CELLS_LOOKED_AT)[: len(kinds)]
    found = [kind_of(cell) for cell in cells]
    if all(other in (kind, "text", "empty") for kind, other in zip(found, kinds, strict=False)):
        return True
    wrong = next(cell for cell, kind, other in zip(cells, found, kinds, strict=False) if kind != other)
    if kind_of(wrong) == "clock":
        # The time at which a recording began.
        return False
    if _STARTS_LIKE_NUMBER.match(cells[0]) and not _WORD.search(wrong) and any(map(_STARTS_LIKE_NUMBER.match, cells)):
        raise broken_cell(number, line.find(wrong) + 1, wrong)
    return False
