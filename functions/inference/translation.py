"""Translation of bodies in the formats of other servers' clients, as /invocations gets them, to the native API's.

TensorFlow Serving and SageMaker send `instances`, MLflow `inputs`, `dataframe_split` and `dataframe_records`, others
`data`. The numbers are not read here: their text is passed on, and the native API reads and checks it once.
"""

import csv
import io
import re
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from functions.core.decoding.formats import CSV, JSON
from functions.core.errors import BatchTooLargeError, MalformedBodyError, SignalShapeError
from functions.core.models.options import DiagnosisOptions

LISTS = ("instances", "inputs", "data")
MEMBERS = (*LISTS, "dataframe_split", "dataframe_records")
# Objects in which these clients send options: MLflow's member, and that of others.
_OPTION_OBJECTS = ("params", "parameters")
_SHAPE = 'send {"signal": [...]} or {"signals": [[...], ...]}'
# The first characters of a list decide what it is a list of.
_LIST_OF_OBJECTS = re.compile(rb"\s*\[\s*\{")
_LIST_OF_LISTS = re.compile(rb"\s*\[\s*\[")
_LIST_OF_SINGLES = re.compile(rb"\s*\[\s*\[[^,\[\]]*\]\s*,")
_CELLS_ARE_LISTS = re.compile(rb"\s*\[\s*\[\s*\[")
_ROW_ENDS = re.compile(rb"\]\s*,\s*\[")

_Body = msgspec.defstruct(
    "_Body",
    [
        (name, Raw | UnsetType, UNSET)
        for name in dict.fromkeys((*DiagnosisOptions.__struct_fields__, *MEMBERS, *_OPTION_OBJECTS))
    ],
    forbid_unknown_fields=True,
)


class _Instance(msgspec.Struct, forbid_unknown_fields=True):
    signal: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    features: Raw | UnsetType = UNSET
    values: Raw | UnsetType = UNSET
    inputs: Raw | UnsetType = UNSET


class _Split(msgspec.Struct):
    columns: Annotated[list[str | int], Meta(max_length=1024)]
    data: Raw


class Native(msgspec.Struct):
    """A request in the native API's format: of one recording or, `is_batch`, of several."""

    body: bytes
    media_type: str
    query: str
    is_batch: bool


def translated(body: bytes, most: int) -> Native:
    """Translate a body that has one of MEMBERS to the native API's format.

    Args:
        body: the JSON text.
        most: recordings that a batch may have.

    Raises:
        MalformedBodyError, SignalShapeError: it has none of the formats that are read.
        BatchTooLargeError: it has more recordings.
    """
    content = _decoded(body, _Body)
    found = [name for name in MEMBERS if getattr(content, name) is not UNSET]
    if len(found) != 1:
        raise MalformedBodyError(f"The JSON object has {' and '.join(found)}; {_SHAPE}.")
    query = _query(content)
    raw = bytes(getattr(content, found[0]))
    if found[0] == "dataframe_split":
        return _of_split(_decoded(raw, _Split), query)
    if found[0] == "dataframe_records":
        return _of_records(raw, most, query)
    return _of_list(raw, found[0], most, query)


def _of_list(raw: bytes, name: str, most: int, query: str) -> Native:
    if _LIST_OF_OBJECTS.match(raw):
        return _signals(_each(raw, name, most), query)
    if _LIST_OF_LISTS.match(raw) and not _LIST_OF_SINGLES.match(raw):
        return _signals(raw, query)
    # Numbers, or a column of them: one recording.
    return Native(b'{"signal":%b}' % raw, JSON, query, is_batch=False)


def _signals(raw: bytes, query: str) -> Native:
    return Native(b'{"signals":%b}' % raw, JSON, query, is_batch=True)


def _each(raw: bytes, name: str, most: int) -> bytes:
    """Return the signals of a list of objects of one member each."""
    if raw.count(b"{") > most:
        raise BatchTooLargeError(f"{name} has more than {most} entries; that is the limit of a batch.")
    signals = []
    for one in _decoded(raw, list[_Instance]):
        given = [bytes(value) for member in _Instance.__struct_fields__ if (value := getattr(one, member)) is not UNSET]
        if len(given) != 1:
            raise SignalShapeError(f"Each entry of {name} must have one signal; {_SHAPE}.", field=name)
        signals.append(given[0])
    return b"[%b]" % b",".join(signals)


def _of_split(frame: _Split, query: str) -> Native:
    """Translate a table: one of lists has a recording a row, one of numbers a channel a column or a recording a row."""
    data = bytes(frame.data)
    if _CELLS_ARE_LISTS.match(data):
        return _signals(data, query)
    if not _LIST_OF_LISTS.match(data):
        raise SignalShapeError(f"dataframe_split has no rows; {_SHAPE}.", field="dataframe_split")
    if data.count(b"[") - 1 <= len(frame.columns):
        return _signals(data, query)
    rows = _ROW_ENDS.sub(b"\n", data.strip()).strip(b"[] \t\r\n")
    return Native(_head(frame.columns) + rows + b"\n", CSV, query, is_batch=False)


def _of_records(raw: bytes, most: int, query: str) -> Native:
    records: list[dict[str, Any]] = _decoded(raw, list[dict[str, Any]])
    if not records or not records[0]:
        raise SignalShapeError(f"dataframe_records has no rows; {_SHAPE}.", field="dataframe_records")
    names = list(records[0])
    if isinstance(records[0][names[0]], list):
        if len(records) > most:
            raise BatchTooLargeError(f"dataframe_records has {len(records)} recordings; the limit is {most}.")
        rows = [[record.get(name) for name in names] for record in records]
        return _signals(msgspec.json.encode(rows), query)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([record.get(name, "") for name in names] for record in records)
    return Native(_head(names) + text.getvalue().encode(), CSV, query, is_batch=False)


def _head(names: list[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(names)
    return text.getvalue().encode()


def _query(content: Any) -> str:
    """Return the options of a body as a query."""
    given: dict[str, Any] = {}
    for name in (*_OPTION_OBJECTS, *DiagnosisOptions.__struct_fields__):
        value = getattr(content, name)
        if value is not UNSET:
            read = _decoded(bytes(value), Any)
            given |= read if name in _OPTION_OBJECTS and isinstance(read, dict) else {name: read}
    conditions = given.pop("conditions", {})
    if isinstance(conditions, dict):
        given |= {f"conditions.{name}": value for name, value in conditions.items()}
    return urlencode({name: _text(value) for name, value in given.items() if value is not None})


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _decoded(raw: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedBodyError(
            f"The JSON object is of no shape that is read here, or has an unknown member; {_SHAPE}."
        ) from None
