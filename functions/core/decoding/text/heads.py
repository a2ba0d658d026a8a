"""The head of a table: the names of its columns and their units."""

import csv

import numpy as np

from functions.core.decoding.text.dialect import COMMENTS, Dialect, is_comment, kind_of
from functions.core.decoding.text.layout import Layout
from functions.core.decoding.text.statements import states_rate
from functions.core.decoding.text.units import inner, is_units_row
from functions.core.decoding.times import is_counting

# Lines at the end of a head that may hold names, units, descriptions.
_LINES_LOOKED_AT = 8
# Of a table with fewer columns a line of as many cells may be a statement.
_FEWEST_DESCRIBED = 3
# Rows of which the first cells are looked at.
_ROWS_LOOKED_AT = 16
_LONGEST_LINE = 64 * 1024
# Characters of a line that is drawn below names, or whose cells are empty.
_RULE = "-=_*+| \t,;"


def names_of(layout: Layout) -> tuple[list[str], list[str | None]]:
    """Return the names of a table's columns, none where its head has none, and the units of a row beside them."""
    units: list[str | None] = [None] * (layout.columns - layout.trailing)
    found = _lines_of_cells(layout)
    of_units = [cells for cells in found if is_units_row(cells)]
    names = [cells for cells in found if cells not in of_units]
    if of_units:
        units = [inner(cell) for cell in of_units[0]]
    # A description of some columns, or the same of several, names no column; units alone are names too.
    different = [len({*filter(None, cells)}) for cells in names]
    full = [cells for cells, count in zip(names, different, strict=True) if count == max(different)] or of_units
    return (full[0] if full else []), units


def names_beside_counts(layout: Layout, rows: str) -> list[str]:
    """Return the names of a header that has none for the first column, which counts the rows or names them.

    Source: R, write.table.

    Args:
        layout: of a table whose head names no columns.
        rows: text of the table.
    """
    columns = layout.columns - layout.trailing
    if columns < 2 or not layout.head or layout.dialect.count(layout.head[-1][:_LONGEST_LINE]) != columns - 1:
        return []
    names = _header_cells(layout.head[-1], layout, columns - 1)
    first = [layout.dialect.cells(line, 1)[0] for line in rows.split("\n", _ROWS_LOOKED_AT)[:_ROWS_LOOKED_AT] if line]
    counts = all(cell.isdecimal() for cell in first) and is_counting(np.array(first, np.float64))
    return ["", *names] if names and (layout.kinds[0] == "text" or counts) else []


def _lines_of_cells(layout: Layout) -> list[list[str]]:
    """Return the cells of the lines right above a table that have as many cells as it has columns, nearest first."""
    count = layout.columns - layout.trailing
    found: list[list[str]] = []
    of_comments: list[list[str]] = []
    for line in reversed(layout.head[-_LINES_LOOKED_AT:]):
        cells = _header_cells(line, layout, count) if len(line) <= _LONGEST_LINE else None
        if cells is not None:
            (of_comments if is_comment(line, layout.dialect) else found).append(cells)
        elif not is_comment(line, layout.dialect) and line.strip(_RULE) and not _describes(line, layout):
            break
    return found or of_comments


def _describes(line: str, layout: Layout) -> bool:
    """Whether a line has a cell for each column, though no name, such as lengths or rates."""
    return layout.columns >= _FEWEST_DESCRIBED and layout.dialect.count(line) == layout.columns


def _header_cells(line: str, layout: Layout, count: int) -> list[str] | None:
    """Return a line's cells where it can name so many columns."""
    begin = line.lstrip()
    is_remark = begin.startswith(COMMENTS)
    is_statement = ":" in line or "=" in line
    if states_rate(line) or not line.strip(_RULE) or (count == 1 and (is_remark or is_statement)):
        return None
    content = begin.lstrip("#%/;").strip() if is_remark and layout.dialect.separator != ";" else line
    # A statement of two words is no header of two columns, unless it is divided as the rows are.
    others = () if is_statement else ("\t", ";", ",", None)
    for separator in dict.fromkeys((layout.dialect.separator, *others)):
        cells = _cells(content, separator, count)
        if (len(cells) > count and not any(cells[count:])) or (layout.trailing and len(cells) == layout.columns):
            cells = cells[:count]
        if len(cells) == count and any(cells) and all(kind_of(cell) != "number" for cell in cells):
            return [cell.strip("\"'") for cell in cells]
    return None


def _cells(content: str, separator: str | None, count: int) -> list[str]:
    if count == 1 and separator is None:
        return [content.strip().strip('"')]
    if separator is None:
        return Dialect(None).cells(content)
    return [cell.strip() for cell in next(csv.reader([content], delimiter=separator), [])]
