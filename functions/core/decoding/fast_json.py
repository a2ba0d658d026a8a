"""simdjson, as every decoder of large JSON bodies uses it."""

import threading
from typing import Any

import simdjson

_KEPT_BODY_BYTES = 1_000_000
# Of one object. Each is looked up by its name, and every look-up begins at the first.
MOST_MEMBERS = 100
_thread = threading.local()


def thread_parser(size_bytes: int) -> simdjson.Parser:
    """Return this thread's parser: its buffers, many times the body, cost more to map anew than to use.

    A large body gets a parser of its own, so that no thread keeps that much for ever.
    """
    if size_bytes > _KEPT_BODY_BYTES:
        return simdjson.Parser()
    if not hasattr(_thread, "parser"):
        _thread.parser = simdjson.Parser()
    parser: simdjson.Parser = _thread.parser
    return parser


def members_of(document: Any) -> dict[str, Any]:
    """Return the members of a parsed object that is not larger than MOST_MEMBERS, unread.

    Raises:
        ValueError: a name stands twice, or has a NUL, at which simdjson's look-up ends: left to another reader.
    """
    names = set(document)
    if len(names) != len(document) or any("\0" in name for name in names):
        raise ValueError
    return {name: document[name] for name in document}


def plain(value: Any) -> Any:
    """Return a value of a parsed document as Python's own."""
    if isinstance(value, simdjson.Object):
        return value.as_dict()
    return value.as_list() if isinstance(value, simdjson.Array) else value


def has_brackets(body: bytes, expected: int) -> bool:
    """Whether so many brackets open in a body; several times faster than `bytes.count` where there are few."""
    position = -1
    for _ in range(expected):
        position = body.find(b"[", position + 1)
        if position < 0:
            return False
    return body.find(b"[", position + 1) < 0
