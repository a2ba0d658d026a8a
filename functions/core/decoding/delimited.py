"""text/csv: comma, semicolon, tab or space; header or none; decimal points or decimal commas."""

import io
import re
from dataclasses import dataclass

import numpy as np

from functions.core.errors import MalformedBodyError
from functions.core.preprocessing.arrays import Float64Array, as_float32
from functions.core.preprocessing.signal import MOST_CHANNELS, Recording, check_channel_count

# A first line with such a cell is no header, even if the cell is broken: that must be said, not skipped.
_NUMBER_LIKE = re.compile(r"[+-]?[.,]?\d|[+-]?(nan|inf|infinity)$", re.IGNORECASE)
_TIME_COLUMN = re.compile(r"^(t|time|timestamp|zeit|temps)([ _]*[\[(]?(s|sec|seconds)[\])]?)?$", re.IGNORECASE)
# NumPy repeats the cell that it cannot read, however long it is.
_LONGEST_SENTENCE = 160


@dataclass(frozen=True)
class _Dialect:
    delimiter: str | None  # None: any white space
    decimal_comma: bool


def decode_csv(body: bytes) -> Recording:
    """Decode delimited text, one column a channel, into float32 [C, N].

    A first line without numbers is a header: it names the channels. A column named `t`, `time` or
    `time_s` (in seconds, rising evenly) is no channel; it gives the sample rate. Lines that start
    with `#` are comments.

    Raises:
        MalformedBodyError: not UTF-8, no rows, or a row unlike the others.
        SignalShapeError: too many columns.
    """
    lines = [line for line in _text(body).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise MalformedBodyError("The CSV has no rows.", field="signal")
    dialect = _sniff(lines)
    for line in lines[:2]:
        # As many pieces as are needed to see that there are too many.
        check_channel_count(len(line.split(dialect.delimiter, MOST_CHANNELS)))
    header = _header(lines[0], dialect)
    values = _numbers(lines[1:] if header else lines, dialect)
    if header and len(header) != values.shape[1]:
        raise MalformedBodyError(
            f"The CSV header names {len(header)} columns; the rows have {values.shape[1]}.", field="signal"
        )
    return _recording(values, header)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"The CSV is not UTF-8 text: {error.reason}.", field="signal") from None


def _sniff(lines: list[str]) -> _Dialect:
    sample = lines[-1]
    for delimiter in (";", "\t"):
        if delimiter in sample:
            return _Dialect(delimiter, decimal_comma="," in sample)
    return _Dialect("," if "," in sample else None, decimal_comma=False)


def _header(line: str, dialect: _Dialect) -> list[str]:
    cells = [cell.strip().strip('"') for cell in line.split(dialect.delimiter)]
    return [] if any(_NUMBER_LIKE.match(cell) for cell in cells) else cells


def _numbers(lines: list[str], dialect: _Dialect) -> Float64Array:
    text = "\n".join(lines)
    if dialect.decimal_comma:
        text = text.replace(",", ".")
    if not lines:
        raise MalformedBodyError("The CSV has a header and no rows.", field="signal")
    try:
        return np.loadtxt(io.StringIO(text), delimiter=dialect.delimiter, ndmin=2, comments=None, quotechar='"')
    except ValueError as error:
        sentence = str(error)
        shown = sentence if len(sentence) <= _LONGEST_SENTENCE else f"{sentence[:_LONGEST_SENTENCE]}..."
        raise MalformedBodyError(f"The CSV cannot be read: {shown}.", field="signal") from None


def _recording(values: Float64Array, header: list[str]) -> Recording:
    time = next((index for index, name in enumerate(header) if _TIME_COLUMN.match(name)), None)
    if time is None or values.shape[1] == 1:
        return Recording(as_float32(values.T), None, tuple(header))
    signal = np.delete(values, time, axis=1)
    names = tuple(name for index, name in enumerate(header) if index != time)
    rate = _rate_hz(values[:, time])
    return Recording(as_float32(signal.T), rate, names)


def _rate_hz(times_s: Float64Array) -> float:
    duration_s = float(times_s[-1] - times_s[0])
    steps = np.diff(times_s)
    finite = 0 < duration_s < float("inf")
    if len(times_s) < 2 or not finite or not (steps > 0).all() or steps.max() > 1.5 * np.median(steps):
        raise MalformedBodyError("The CSV's time column does not rise evenly.", field="signal")
    # Printed times are rounded; over the whole recording the rounding fades.
    return float(f"{(len(times_s) - 1) / duration_s:.6g}")
