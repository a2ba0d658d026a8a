"""text/csv: tables of numbers as loggers, instruments and spreadsheets write them."""

from functions.core.models.options import Delimiter, TimeUnit
from functions.core.preprocessing.signal import Recording


def decode_csv(
    body: bytes,
    skip_rows: int = 0,
    time_column: str | None = None,
    time_unit: TimeUnit | None = None,
    delimiter: Delimiter | None = None,
    charset: str | None = None,
    sample_rate_hz: float | None = None,
) -> Recording:
    """Decode delimited text, one column a channel, or one recording a row, into float32 [C, N].

    Lines before the table name its columns, their units and the rate. Columns of times and counts are no channels.

    Args:
        body: the file.
        skip_rows, time_column, time_unit, delimiter, charset, sample_rate_hz: as the options of a diagnosis.

    Raises:
        MalformedBodyError: no text, no row of numbers, a row unlike the others, or times that do not rise evenly.
        SignalMissingError: no column is a signal.
        SignalShapeError: too many columns.
        InvalidOptionError: no such charset or time column.
    """
    # Late: other formats need none of it.
    from functions.core.decoding.charsets import decode_text
    from functions.core.decoding.columns import TimeOptions
    from functions.core.decoding.layout import find_layout
    from functions.core.decoding.tables import recording_of_rows

    text = decode_text(body, charset)
    layout = find_layout(text, skip_rows, delimiter)
    options = TimeOptions(time_column, time_unit, is_rate_given=sample_rate_hz is not None)
    return recording_of_rows(text[layout.start :], layout, options)
