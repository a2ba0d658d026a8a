"""Readers of JSON for every decoder: simdjson for regular documents, the standard library for the rest.

Both accept Unicode text only.
"""

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import simdjson

from functions.core.errors import MalformedBodyError, PalierError

_KEPT_BODY_BYTES = 1_000_000
# Most members of one object: each is looked up by its name, and every look-up begins at the first member.
MOST_MEMBERS = 100
_SURROGATE = re.compile("[\ud800-\udfff]")
# Only an escape can put one into text that was decoded.
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# Characters of a text that an error repeats.
_SHOWN = 20
_thread = threading.local()


def thread_parser(size_bytes: int) -> simdjson.Parser:
    """Return this thread's parser, whose buffers, many times the body, are costly to allocate for each body.

    A large body gets a parser of its own, so that no thread keeps buffers of that size.
    """
    if size_bytes > _KEPT_BODY_BYTES:
        return simdjson.Parser()
    if not hasattr(_thread, "parser"):
        _thread.parser = simdjson.Parser()
    parser: simdjson.Parser = _thread.parser
    return parser


def members_of(document: Any) -> dict[str, Any]:
    """Return the members of a parsed object of at most MOST_MEMBERS, their values unread.

    Raises:
        ValueError: a name stands twice, or has a NUL, at which simdjson's look-up ends; another reader takes over.
    """
    names = set(document)
    if len(names) != len(document) or any("\0" in name for name in names):
        raise ValueError
    return {name: document[name] for name in document}


def check_members(count: int, refusal: type[PalierError] = MalformedBodyError) -> None:
    """Check how many members a JSON object has, before any is looked up; raises `refusal`."""
    if count > MOST_MEMBERS:
        raise refusal(f"The JSON object has {count} members; at most {MOST_MEMBERS} are read.")


def types_beside_numbers(values: list[Any]) -> list[str]:
    """Return the types of values that are not numbers, sorted, each once; `null` is called as in JSON."""
    others = set(map(type, values)) - {int, float}
    return [name.replace("NoneType", "null") for name in sorted(kind.__name__ for kind in others)]


def plain(value: Any) -> Any:
    """Return a value of a document parsed by simdjson as a plain Python value."""
    if isinstance(value, simdjson.Object):
        return value.as_dict()
    return value.as_list() if isinstance(value, simdjson.Array) else value


def has_brackets(body: bytes, expected: int) -> bool:
    """Whether a body has exactly `expected` opening brackets; where they are few, much faster than `bytes.count`."""
    position = -1
    for _ in range(expected):
        position = body.find(b"[", position + 1)
        if position < 0:
            return False
    return body.find(b"[", position + 1) < 0


def read_json(body: bytes, constant: Callable[[str], Any] | None = None) -> Any:
    """Return the value of a JSON text.

    Args:
        body: UTF-8, or UTF-16 or UTF-32, detected as in RFC 4627.
        constant: is called with NaN, Infinity and -Infinity, which are no JSON; by default they are numbers.

    Raises:
        MalformedBodyError: not JSON, nested too deeply, a number of thousands of digits, or text that is no Unicode.
    """
    try:
        text = body.decode(json.detect_encoding(body))
        document = json.loads(text, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise MalformedBodyError(f"The body is not JSON: {_place(error)}.") from None
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"The body is not JSON: it is no Unicode text at byte {error.start}.") from None
    except (RecursionError, ValueError) as error:
        raise MalformedBodyError("The JSON body is nested too deeply or has an endless number.") from error
    if _ESCAPED_SURROGATE.search(text) and _has_surrogate(document):
        raise MalformedBodyError("The JSON body has text that is no Unicode: half of a surrogate pair stands alone.")
    return document


def _place(error: json.JSONDecodeError) -> str:
    """Return where a text stops to be JSON, and what stands there."""
    shown, where = error.doc[error.pos : error.pos + _SHOWN], f"line {error.lineno}, column {error.colno}"
    if not shown:
        return f"it ends too early, at {where}"
    if error.msg == "Extra data":
        return f"behind its value {shown!r} follows, at {where}"
    return f"it has {shown!r} at {where}"


def _has_surrogate(document: Any) -> bool:
    """Whether a lone surrogate stands in any name or text of a document; a pair is one character by now."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and _SURROGATE.search(value):
            return True
        if isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False
