"""JSON as programs and databases export it, kept as delimited text of the same numbers, which the service decodes."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from functions.core.decoding.fast_json import read_json
from functions.core.errors import MalformedBodyError, RecordingTooLargeError
from functions.core.preprocessing.signal import MOST_CHANNELS

# An object of Python's takes ten times what its text does.
LARGEST_BYTES = 1 << 27
_DEEPEST = 4
# Single values beside a table that are looked at.
_MOST_STATEMENTS, _LONGEST_STATEMENT = 64, 200
# Names of columns of lists; InfluxDB and pandas.
_ROWS = ("values", "data")
_SHAPES = (
    'a list of numbers, a list of objects such as {"time": 0.1, "acc": 0.02}, or an object with "signal" or a list'
    " a column"
)

Row = Sequence[Any]


def json_as_csv(content: bytes) -> bytes:
    """Return the text of a table with the columns that a JSON holds; what it states of its rate and unit comes first.

    Raises:
        MalformedBodyError: it is no JSON, or of another shape.
        RecordingTooLargeError: it is larger than is read.
    """
    if len(content) > LARGEST_BYTES:
        raise RecordingTooLargeError(
            f"The JSON has {len(content)} bytes, and at most {LARGEST_BYTES} are read: cut it into parts."
        )
    text = io.StringIO()
    head, names, rows = _table(_document(content))
    text.writelines(f"# {line}\n" for line in head)
    writer = csv.writer(text, lineterminator="\n")
    if any(names):
        writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()


def _document(content: bytes) -> Any:
    """Return what a file holds: of one object a line, the list of them."""
    try:
        return read_json(content)
    except MalformedBodyError:
        lines = content.splitlines()
        if len(lines) < 2 or not lines[0].lstrip().startswith(b"{"):
            raise
    try:
        return [json.loads(line) for line in lines if line.strip()]
    except (ValueError, RecursionError):
        raise MalformedBodyError("The file is no JSON, neither as a whole nor line by line: export it again.") from None


def _table(document: Any) -> tuple[list[str], Row, Iterable[Row]]:
    """Return statements, names of columns and rows."""
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if isinstance(document, list) and document:
        return [], *_of_list(document)
    if isinstance(document, dict):
        inner = _nested(document)
        if isinstance(inner.get("signal"), list):
            return _statements(inner), *_of_list(inner["signal"])
        listed = next((inner[name] for name in _ROWS if _is_table(inner.get(name))), None)
        if listed is not None:
            return (
                (_statements(inner), *_of_list(listed))
                if _is_of_objects(listed)
                else ([], inner.get("columns", ()), listed)
            )
        if _is_of_objects([*inner.values()]):
            return [], *_of_objects(inner)
        if len(inner) > _MOST_STATEMENTS and all(map(str.isdecimal, inner)):
            return [], (), ([value] for value in inner.values())
        columns = {name: value for name, value in inner.items() if isinstance(value, list) and len(value) > 1}
        if columns and len({len(value) for value in columns.values()}) == 1:
            return _statements(inner), list(columns), zip(*columns.values(), strict=True)
    raise MalformedBodyError(f"The JSON has no table that is read here: export {_SHAPES}.")


def _of_objects(document: Mapping[str, Mapping[str, Any]]) -> tuple[Row, Iterable[Row]]:
    """Return the columns or the rows that objects in an object are, whichever are fewer; the inner ones are alike."""
    objects = list(document.values())
    if len(objects) > len(objects[0]):
        return _of_list(objects)
    if any(one.keys() != objects[0].keys() for one in objects):
        raise MalformedBodyError(f"The JSON's objects have different members: export {_SHAPES}.")
    return list(document), zip(*(one.values() for one in objects), strict=True)


def _nested(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that holds the numbers: that of the first series of a query's results."""
    for name in ("results", "series"):
        inner = document.get(name)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            document = inner[0]
    return document


def _is_table(value: Any) -> bool:
    is_of_lists = isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)
    return is_of_lists or (isinstance(value, list) and _is_of_objects(value))


def _is_of_objects(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(value, dict) for value in values)


def _of_list(values: Sequence[Any]) -> tuple[Row, Iterable[Row]]:
    if _is_of_objects(values):
        rows = [dict(_flat(value)) for value in values]
        names = list(rows[0])
        _check_single(rows[0])
        return names, ([row.get(name, "") for name in names] for row in rows)
    if _is_table(values):
        lies_flat = len(values) <= MOST_CHANNELS and len(values[0]) > len(values)
        return (), (zip(*values, strict=False) if lies_flat and len({*map(len, values)}) == 1 else values)
    return (), ([value] for value in values)


def _check_single(row: Mapping[str, Any]) -> None:
    """Refuse objects of which each holds many samples: the time between two of them is not known.

    Raises:
        MalformedBodyError: a member is a list.
    """
    for name, value in row.items():
        if isinstance(value, list):
            raise MalformedBodyError(
                f"Each object of the JSON has a list, {name[:40]!r} of {len(value)} values: export {_SHAPES}."
            )


def _flat(value: Mapping[str, Any], path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict) and depth < _DEEPEST:
            yield from _flat(inner, f"{path}{name}.", depth + 1)
        else:
            yield f"{path}{name}", inner


def _statements(document: Mapping[str, Any]) -> list[str]:
    """Return the single values beside a table, as lines before it."""
    single = {name: value for name, value in document.items() if isinstance(value, str | int | float)}
    rate = single.pop("sample_rate_hz", None)
    stated = [f"Sample rate: {rate} Hz"] if isinstance(rate, int | float) else []
    lines = [f"{name}: {value}" for name, value in list(single.items())[:_MOST_STATEMENTS]]
    return stated + [line for line in lines if line.isprintable() and len(line) <= _LONGEST_STATEMENT]
