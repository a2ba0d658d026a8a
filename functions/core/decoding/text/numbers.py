"""Reading of a table's rows as numbers: by simdjson where they are plain, by NumPy where they are not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from functions.core.decoding.fast_json import thread_parser
from functions.core.decoding.text.dialect import COMMENTS, CellKind, Dialect, is_comment, kind_of
from functions.core.decoding.text.layout import Layout, broken_cell
from functions.core.errors import MalformedBodyError
from functions.core.preprocessing.arrays import Float64Array

_THOUSANDS = re.compile(r"(?<=\d)['\u2019\xa0\u202f\u2009](?=\d)")
_SPACED_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3})")
_D_EXPONENT = re.compile(r"(?<=[\d.])[dD](?=[+-]?\d)")
_PLUS = re.compile(r"(?<![eE\d])\+(?=[\d.])")
_QUOTED = re.compile(r'"([^"\n]*)"')
_BOTH_MARKS = re.compile(r"\d,\d{3}\.|\d\.\d{3},")
_PART_CHARACTERS = 1 << 16
# Lines at the end of a head that may stand again among the rows.
_HEADER_LINES = 3

_Point = Callable[[str], str]


def read_numbers(rows: str, layout: Layout) -> Float64Array:
    """Return the numbers of rows, float64 [N, C].

    Args:
        rows: text of the table, unchanged.
        layout: of it; every cell is a number.

    Raises:
        MalformedBodyError: a cell is none, or a row has other columns than the first; line and column are named.
    """
    columns = layout.columns - layout.trailing
    dialect = _decimal(layout.dialect, rows)
    numbers = None if layout.trailing else _fast(rows, dialect, columns)
    if numbers is not None:
        return numbers
    point = _pointing(layout.dialect, rows)
    # A broken row costs no more than those before it: only its part is read line by line.
    return np.concatenate([_read_part(part, at, dialect, point) for part, at in parts(rows, layout)])


def parts(rows: str, layout: Layout) -> Iterator[tuple[str, Layout]]:
    """Yield a table's text in parts of whole lines, each with the layout at its first line."""
    start, line = 0, layout.line
    while start < len(rows):
        end = rows.find("\n", start + _PART_CHARACTERS) + 1 or len(rows)
        part = rows[start:end]
        yield part, replace(layout, line=line)
        start, line = end, line + part.count("\n")


def _read_part(part: str, layout: Layout, dialect: Dialect, point: _Point) -> Float64Array:
    columns = layout.columns - layout.trailing
    numbers = None if layout.trailing else _fast(part, dialect, columns)
    if numbers is not None:
        return numbers
    plain = _plain(part, layout, point)
    if not plain:
        return np.empty((0, columns))
    numbers = _read_plain(plain, layout)
    if numbers is None:
        raise explained(part, layout)
    return numbers


def _read_plain(plain: str, layout: Layout) -> Float64Array | None:
    columns, separator = layout.columns - layout.trailing, layout.dialect.separator
    numbers = _fast(plain, Dialect(separator), columns)
    if numbers is not None:
        return numbers
    try:
        numbers = np.loadtxt(plain.split("\n"), delimiter=separator, ndmin=2, comments=None)
    except ValueError:
        return None
    return numbers if numbers.shape[1] == columns else None


def _decimal(dialect: Dialect, rows: str) -> Dialect:
    return Dialect(dialect.separator, dialect.decimal_comma and "," in rows and "." not in rows)


def _fast(rows: str, dialect: Dialect, columns: int) -> Float64Array | None:
    """Read rows of plain numbers as a JSON list; None where they are not plain."""
    text = rows.strip("\n")
    if dialect.decimal_comma:
        text = text.replace(",", ".")
    if dialect.separator is None and columns > 1:
        text = "\n".join([",".join(line.split()) for line in text.split("\n")])
    elif dialect.separator not in (None, ","):
        text = text.replace(str(dialect.separator), ",")
    body = text.encode()
    if b"," in body if columns == 1 else not is_regular(body, columns):
        return None
    try:
        document: Any = thread_parser(len(body)).parse(b"[%b]" % body.replace(b"\n", b","))
        values = np.frombuffer(document.as_buffer(of_type="d"))
    except (ValueError, TypeError, RuntimeError):
        return None
    # A copy: the parser keeps its buffer for the next text.
    return values.reshape(-1, columns).copy() if len(values) and len(values) % columns == 0 else None


def is_regular(body: bytes, columns: int, separator: str = ",") -> bool:
    """Whether every line of a text has the separators of that many columns."""
    marks = np.frombuffer(body, np.uint8)
    ends = np.append(np.flatnonzero(marks == ord("\n")), len(marks))
    commas = np.searchsorted(np.flatnonzero(marks == ord(separator)), ends)
    return bool((commas == (columns - 1) * np.arange(1, len(ends) + 1)).all())


def has_rows_only(rows: str, layout: Layout) -> bool:
    """Whether a table's text surely has none of the lines that `row_lines` leaves out; True is never wrong."""
    separator, columns = layout.dialect.separator, layout.columns
    if separator is None or columns < 2 or not is_regular(rows.strip("\n").encode(), columns, separator):
        return False
    return not any(mark in rows for mark in (*COMMENTS, *layout.head[-_HEADER_LINES:]) if mark != separator)


def row_lines(rows: str, layout: Layout) -> Iterator[tuple[int, str]]:
    """Yield the rows of a table's text with their line numbers, without blank lines, comments and repeated headers."""
    # A file may be one of several that were joined.
    again = frozenset(layout.head[-_HEADER_LINES:])
    for number, line in enumerate(rows.split("\n"), layout.line):
        if line.strip() and not is_comment(line, layout.dialect) and line not in again:
            yield number, line


def _plain(rows: str, layout: Layout, point: _Point) -> str:
    """Return rows without blank lines, comments, quotes, thousands, plus signs and the like."""
    dialect = layout.dialect
    lines = [line.strip() for _, line in row_lines(rows, layout)]
    if layout.trailing and dialect.separator is not None:
        tail = dialect.separator * layout.trailing
        lines = [line.removesuffix(tail.strip() or tail) for line in lines]
    text = "\n".join(lines)
    if '"' in text:
        text = _QUOTED.sub(lambda found: found[1].replace(",", "") if dialect.separator == "," else found[1], text)
    text = _THOUSANDS.sub("", text)
    if dialect.separator is not None and " " in text:
        text = _SPACED_THOUSANDS.sub("", text)
    text = point(text)
    if "D" in text or "d" in text:
        text = _D_EXPONENT.sub("e", text)
    return _PLUS.sub("", text) if "+" in text else text


def _pointing(dialect: Dialect, rows: str) -> _Point:
    """Return the function that gives rows decimal points and no thousands; the last mark in a number is the decimal."""
    if not dialect.decimal_comma or "," not in rows:
        return str
    both = _BOTH_MARKS.search(rows)
    if both and both[0].endswith("."):
        return lambda text: text.replace(",", "")
    if both or "." in rows:
        return lambda text: text.replace(".", "").replace(",", ".")
    return lambda text: text.replace(",", ".")


def explained(rows: str, layout: Layout) -> MalformedBodyError:
    """Return the error for rows that cannot be read; it names the first bad row by its line in the file."""
    columns = layout.columns - layout.trailing
    for number, line in row_lines(rows, layout):
        cells = layout.dialect.cells(line)
        if layout.trailing and len(cells) > columns:
            cells = cells[:columns]
        pairs = zip(cells, _wanted(layout), strict=False)
        wrong = next((cell for cell, kind in pairs if kind not in ("text", kind_of(cell))), None)
        if wrong is not None:
            return broken_cell(number, max(line.find(wrong), 0) + 1 if wrong else len(line) + 1, wrong)
        if len(cells) != columns:
            return MalformedBodyError(
                f"The text cannot be read at line {number}: it has {len(cells)} columns where the first row has"
                f" {columns}; `delimiter` and `skip_rows` state how to read it.",
                field="signal",
            )
    point = _pointing(layout.dialect, rows)
    for number, line in row_lines(rows, layout):
        if _read_plain(_plain(line, layout, point), layout) is None:
            return broken_cell(number, 1, line.strip())
    return MalformedBodyError(
        f"The rows from line {layout.line} on cannot be read as numbers; `delimiter` states what divides them.",
        field="signal",
    )


def _wanted(layout: Layout) -> list[CellKind]:
    further: list[CellKind] = ["number"] * (layout.columns - layout.trailing - len(layout.kinds))
    return [*layout.kinds, *further]
