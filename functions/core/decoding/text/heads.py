"""The head of a table: the names of its columns and their units."""

import csv

from functions.core.decoding.text.dialect import COMMENTS, Dialect, is_comment, kind_of
from functions.core.decoding.text.layout import Layout
from functions.core.decoding.text.statements import states_rate
from functions.core.decoding.text.units import inner, is_units_row

# Lines at the end of a head that may hold names, units, descriptions.
_LINES_LOOKED_AT = 4
_LONGEST_LINE = 64 * 1024
# Characters of a line that is drawn below names, or whose cells are empty.
_RULE = "-=_*+| \t,;"


def names_of(layout: Layout) -> tuple[list[str], list[str | None]]:
    """Return the names of a table's columns, none where its head has none, and the units of a row beside them."""
    units: list[str | None] = [None] * (layout.columns - layout.trailing)
    found = _lines_of_cells(layout)
    of_units = [cells for cells in found if is_units_row(cells)]
    names = [cells for cells in found if cells not in of_units]
    if names and of_units:
        units = [inner(cell) for cell in of_units[0]]
    # A description of some columns names no column; units alone are names too.
    most = max((sum(map(bool, cells)) for cells in names), default=0)
    full = [cells for cells in names if sum(map(bool, cells)) == most] or of_units
    return (full[0] if full else []), units


def _lines_of_cells(layout: Layout) -> list[list[str]]:
    """Return the cells of the lines right above a table that have as many cells as it has columns, nearest first."""
    found: list[list[str]] = []
    of_comments: list[list[str]] = []
    for line in reversed(layout.head[-_LINES_LOOKED_AT:]):
        cells = _header_cells(line, layout) if len(line) <= _LONGEST_LINE else None
        if cells is not None:
            (of_comments if is_comment(line, layout.dialect) else found).append(cells)
        elif not is_comment(line, layout.dialect) and line.strip(_RULE):
            break
    return found or of_comments


def _header_cells(line: str, layout: Layout) -> list[str] | None:
    """Return a line's cells where it can name the columns."""
    count = layout.columns - layout.trailing
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
