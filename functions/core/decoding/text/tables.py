"""Rows of text to a recording: numbers read, clocks read, what is no signal left out."""

import re
from dataclasses import replace

import numpy as np

from functions.core.decoding.orientation import is_clearly_longer
from functions.core.decoding.text.columns import Stated, Table, TimeOptions, recording_of, unwrapped
from functions.core.decoding.text.dialect import CellKind, is_comment
from functions.core.decoding.text.heads import names_of
from functions.core.decoding.text.layout import Layout
from functions.core.decoding.text.numbers import explained, read_numbers, row_lines
from functions.core.decoding.text.statements import rate_of, unit_of_head
from functions.core.decoding.times import is_counting
from functions.core.errors import MalformedBodyError, SignalMissingError
from functions.core.preprocessing.arrays import Float32Array, Float64Array, as_float32
from functions.core.preprocessing.signal import Recording, check_channel_count

_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?(?:[.,:](\d+))?")


def recording_of_rows(rows: str, layout: Layout, options: TimeOptions) -> Recording:
    """Return what the rows of a table hold, float32 [C, N].

    Args:
        rows: text of the table.
        layout: of it.
        options: what the caller states of its time.

    Raises:
        PalierError: as `decode_csv`.
    """
    columns = layout.columns - layout.trailing
    names, units = names_of(layout)
    stated = Stated(rate_of(layout.head, is_given=options.is_rate_given), unit_of_head(layout.head))
    if not names and is_clearly_longer(columns, rows.strip("\n").count("\n") + 1):
        samples = _rows_of_signals(read_numbers(rows, layout))
        return Recording(samples, stated.rate_hz, unit=stated.unit, note=layout.note)
    check_channel_count(columns)
    _check_head(layout, columns, bool(names))
    if layout.has_numbers_only:
        table = Table(read_numbers(rows, layout), range(columns), names, units, {})
    else:
        table = _mixed(rows, layout, names, units)
    return replace(recording_of(table, stated, options), note=layout.note)


def _rows_of_signals(numbers: Float64Array) -> Float32Array:
    """Return the rows that do not number the samples."""
    check_channel_count(len(numbers))
    kept = [index for index, row in enumerate(numbers) if not is_counting(row)]
    if not kept:
        raise SignalMissingError("The only row counts up: send the signal below it.", field="signal")
    return as_float32(numbers if len(kept) == len(numbers) else numbers[kept])


def _check_head(layout: Layout, columns: int, has_names: bool) -> None:
    """Refuse a first line that names other columns than there are."""
    if has_names or len(layout.head) != 1 or is_comment(layout.head[0], layout.dialect):
        return
    named = layout.dialect.count(layout.head[0])
    if named > 1 and columns > 1 and named not in (columns, layout.columns):
        raise MalformedBodyError(
            f"The text's first line names {named} columns; the rows have {columns}: `skip_rows` leaves a line out.",
            field="signal",
        )


def _mixed(rows: str, layout: Layout, names: list[str], units: list[str | None]) -> Table:
    """Read a table of which some columns are text or times of day: text is left out."""
    dialect = layout.dialect
    numeric = [place for place, kind in enumerate(layout.kinds) if kind == "number"]
    # Cells behind those that were looked at.
    numeric += range(len(layout.kinds), layout.columns - layout.trailing)
    timed = [place for place, kind in enumerate(layout.kinds) if kind == "clock"]
    lines: list[str] = []
    clocks: list[list[str]] = []
    cells: list[str] = []
    for _, line in row_lines(rows, layout):
        cells = dialect.cells(line)
        if len(cells) != layout.columns:
            raise explained(rows, layout, len(lines))
        lines.append("\t".join([cells[place] for place in numeric]))
        clocks.append([cells[place] for place in timed])
    only_numbers: tuple[CellKind, ...] = tuple("number" for _ in numeric)
    tabbed = replace(dialect, separator="\t")
    of_numbers = replace(layout, dialect=tabbed, columns=len(numeric), trailing=0, kinds=only_numbers)
    try:
        numbers = read_numbers("\n".join(lines), of_numbers)
        times = {place: _seconds([row[index] for row in clocks]) for index, place in enumerate(timed)}
    except MalformedBodyError:
        raise explained(rows, layout) from None
    texts = {place: cells[place] for place, kind in enumerate(layout.kinds) if kind == "text"}
    return Table(numbers, numeric, names, units, times, texts)


def _seconds(cells: list[str]) -> Float64Array:
    """Return times of day in seconds from the first, their dates unread."""
    found = [_CLOCK.search(cell) for cell in cells]
    if not all(found):
        raise MalformedBodyError("A time of day cannot be read.", field="signal")
    return unwrapped(np.array([_second(*one.groups()) for one in found if one]))


def _second(hours: str, minutes: str, seconds: str | None, fraction: str | None) -> float:
    part = float(f"0.{fraction}") if fraction else 0.0
    if seconds is None:
        # Minutes and seconds.
        return 60 * int(hours) + int(minutes) + part
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + part
