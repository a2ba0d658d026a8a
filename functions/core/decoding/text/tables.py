"""From the rows of a table to a recording: numbers and clocks are read, columns of text are left out."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from msgspec import structs

from functions.core.decoding.orientation import is_clearly_longer
from functions.core.decoding.text.clocks import seconds_of, unwrapped
from functions.core.decoding.text.columns import Stated, Table, TimeOptions, recording_of
from functions.core.decoding.text.dialect import CellKind, is_comment
from functions.core.decoding.text.heads import names_beside_counts, names_of
from functions.core.decoding.text.layout import Layout
from functions.core.decoding.text.numbers import explained, has_rows_only, parts, read_numbers, row_lines
from functions.core.decoding.text.statements import rate_of, unit_of_head
from functions.core.decoding.times import is_counting
from functions.core.errors import MalformedBodyError, SignalMissingError
from functions.core.preprocessing.arrays import Float64Array
from functions.core.preprocessing.signal import Recording, check_channel_count

# How a line of annotated CSV begins. Source: InfluxDB, annotated CSV.
_ANNOTATION = "#datatype"
_ROWS_LOOKED_AT = 16
# A whole number above samples is one of them where it is smaller; so many digits of it are read.
_FEWEST_STATED, _MOST_DIGITS = 100, 9


def recording_of_rows(rows: str, layout: Layout, options: TimeOptions) -> Recording:
    """Return the recording that the rows of a table hold, samples float32 [C, N].

    Args:
        rows: text of the table.
        layout: of it.
        options: of the caller, about its time.

    Raises:
        PalierError: as `decode_csv`.
    """
    columns = layout.columns - layout.trailing
    names, units = names_of(layout)
    names = names or names_beside_counts(layout, rows)
    is_annotated = any(line.startswith(_ANNOTATION) for line in layout.head)
    rate = rate_of(layout.head, is_given=options.is_rate_given)
    stated = Stated(rate, unit_of_head(layout.head), is_annotated)
    if not names and is_clearly_longer(columns, rows.strip("\n").count("\n") + 1):
        return structs.replace(recording_of(_lying(rows, layout), stated, options), note=layout.note)
    check_channel_count(columns)
    _check_head(layout, columns, bool(names))
    if columns == 1:
        _check_first(rows, layout)
    if layout.has_numbers_only:
        table = Table(read_numbers(rows, layout), range(columns), names, units, {})
    else:
        table = _mixed(rows, layout, names, units)
    return structs.replace(recording_of(table, stated, options), note=layout.note)


def _lying(rows: str, layout: Layout) -> Table:
    """Read a table of one recording a row, perhaps with its name before it, as one of a column each."""
    names: list[str] = []
    of_numbers = layout
    if layout.kinds[:2] == ("text", "number"):
        separator = layout.dialect.separator
        named = [line.strip().split(separator, 1) for _, line in row_lines(rows, layout)]
        names = [name.strip(' "') for name, *_ in named]
        check_channel_count(len(names))
        of_numbers = replace(layout, columns=layout.columns - 1, kinds=layout.kinds[1:])
    text = "\n".join(numbers[0] for _, *numbers in named) if names else rows
    try:
        numbers = read_numbers(text, of_numbers)
    except MalformedBodyError:
        raise explained(rows, layout) from None
    check_channel_count(len(numbers))
    if len(numbers) == 1 and is_counting(numbers[0]):
        raise SignalMissingError("The only row counts up: send the signal below it.", field="signal")
    return Table(numbers.T, range(len(numbers)), names, [None] * len(numbers), {})


def _check_first(rows: str, layout: Layout) -> None:
    """Refuse a column whose first number is none of its samples: the sample rate, or how many follow.

    Raises:
        MalformedBodyError: it is a whole number, and those below it are fractions and far smaller.
    """
    first, *others = [line.strip() for line in rows.split("\n", _ROWS_LOOKED_AT)[:_ROWS_LOOKED_AT] if line.strip()]
    if not first.isdecimal() or not others or not all(re.fullmatch(r"[+-]?\d?[.,]\d+", one) for one in others):
        return
    if int(first[:_MOST_DIGITS]) >= _FEWEST_STATED:
        raise MalformedBodyError(
            f"Line {layout.line} is {first[:40]}, and fractions below ten follow: leave it out with `skip_rows`, and"
            " state it with `sample_rate_hz` if it is the sample rate.",
            field="skip_rows",
        )


def _check_head(layout: Layout, columns: int, has_names: bool) -> None:
    """Refuse a first line that names another number of columns than the rows have."""
    if has_names or len(layout.head) != 1 or is_comment(layout.head[0], layout.dialect):
        return
    named = layout.dialect.count(layout.head[0])
    if named > 1 and columns > 1 and named not in (columns, layout.columns):
        raise MalformedBodyError(
            f"The text's first line names {named} columns; the rows have {columns}: `skip_rows` leaves a line out.",
            field="signal",
        )


def _mixed(rows: str, layout: Layout, names: list[str], units: list[str | None]) -> Table:
    """Read a table that has columns of text or times of day; text is left out."""
    numeric = [place for place, kind in enumerate(layout.kinds) if kind == "number"]
    # Cells behind those whose kind was determined are numbers.
    numeric += range(len(layout.kinds), layout.columns - layout.trailing)
    timed = [place for place, kind in enumerate(layout.kinds) if kind == "clock"]
    # The numbers of each part of the text, as text.
    tables: list[str] = []
    clocks: dict[int, list[Float64Array]] = {place: [] for place in timed}
    texts: dict[int, str] = {}
    for part, at in parts(rows, layout):
        columns = _columns(part, at)
        tables.append(_tabbed(columns, numeric) if columns else "")
        if columns:
            texts = {place: columns[place][0] for place, kind in enumerate(layout.kinds) if kind == "text"}
        for place in timed if columns else ():
            seconds = seconds_of(columns[place])
            if seconds is None:
                raise explained(part, at)
            clocks[place].append(seconds)
    of_numbers = _of_numbers(layout, len(numeric))
    try:
        numbers = read_numbers("\n".join(filter(None, tables)), of_numbers)
    except MalformedBodyError:
        raise _explained_part(rows, layout, tables, of_numbers) from None
    times = {place: unwrapped(np.concatenate(found)) for place, found in clocks.items()}
    return Table(numbers, numeric, names, units, times, texts)


def _columns(part: str, layout: Layout) -> Sequence[Sequence[str]]:
    """Return the cells of each column of a part of a table; nothing where it has no row."""
    dialect = layout.dialect
    if '"' not in part and has_rows_only(part, layout):
        cells = part.strip("\n").replace("\n", str(dialect.separator)).split(dialect.separator)
        return [cells[place :: layout.columns] for place in range(layout.columns)]
    lines = [line for _, line in row_lines(part, layout)]
    rows = [dialect.cells(line) for line in lines] if '"' in part else [line.split(dialect.separator) for line in lines]
    if any(len(row) != layout.columns for row in rows):
        raise explained(part, layout)
    return list(zip(*rows, strict=True))


def _tabbed(columns: Sequence[Sequence[str]], places: Sequence[int]) -> str:
    """Return columns of a table, by their places, as text with a tab between two."""
    return "\n".join(map("\t".join, zip(*(columns[place] for place in places), strict=True)))


def _of_numbers(layout: Layout, columns: int) -> Layout:
    """Return the layout of a table's columns of numbers, separated by tabs."""
    number: CellKind = "number"
    tabbed = replace(layout.dialect, separator="\t")
    return replace(layout, dialect=tabbed, columns=columns, trailing=0, kinds=(number,) * columns, head=())


def _explained_part(rows: str, layout: Layout, tables: Sequence[str], of_numbers: Layout) -> MalformedBodyError:
    """Return the error for the first part of a table whose numbers cannot be read."""
    for (part, at), table in zip(parts(rows, layout), tables, strict=True):
        try:
            if table:
                read_numbers(table, of_numbers)
        except MalformedBodyError:
            return explained(part, at)
    return explained(rows, layout)
