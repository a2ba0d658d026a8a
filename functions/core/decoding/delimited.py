"""Decoder of text/csv: tables of numbers as loggers, instruments and spreadsheets write them."""

from typing import TypedDict, Unpack

from functions.core.models.options import Delimiter, TimeUnit
from functions.core.preprocessing.signal import Recording


class TextOptions(TypedDict, total=False):
    """The options of a diagnosis that state how to read a text, by their names."""

    skip_rows: int
    time_column: str | None
    time_unit: TimeUnit | None
    delimiter: Delimiter | None
    charset: str | None
    sample_rate_hz: float | None


def decode_csv(body: bytes, **stated: Unpack[TextOptions]) -> Recording:
    """Decode delimited text, one column a channel, or one recording a row, into float32 [C, N].

    Lines before the table name its columns, their units and the rate. Columns of times and counts are no channels.

    Args:
        body: the file.
        stated: the caller's options.

    Raises:
        MalformedBodyError: no text, no row of numbers, a row unlike the others, or times that do not rise evenly.
        SignalMissingError: no column is a signal.
        SignalShapeError: too many columns.
        InvalidOptionError: no such charset or time column.
    """
    # Late: other formats need none of it.
    from functions.core.decoding.text.charsets import decode_text
    from functions.core.decoding.text.columns import TimeOptions
    from functions.core.decoding.text.layout import find_layout
    from functions.core.decoding.text.octave import as_one_table
    from functions.core.decoding.text.quotes import unquoted
    from functions.core.decoding.text.serial_monitor import without_arrows, without_labels
    from functions.core.decoding.text.tables import recording_of_rows
    from functions.core.preprocessing.units import in_served_units

    text = as_one_table(unquoted(decode_text(body, stated.get("charset"))))
    text, labels = without_labels(without_arrows(text))
    layout = find_layout(text, stated.get("skip_rows", 0), stated.get("delimiter"), labels)
    is_rate_given = stated.get("sample_rate_hz") is not None
    options = TimeOptions(stated.get("time_column"), stated.get("time_unit"), is_rate_given)
    return in_served_units(recording_of_rows(text[layout.start : layout.stop], layout, options))
