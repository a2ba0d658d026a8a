"""The standard library's JSON, for bodies that simdjson leaves aside: text must be Unicode, nesting and numbers end."""

import json
import re
from collections.abc import Callable
from typing import Any

from functions.core.errors import MalformedBodyError

_SURROGATE = re.compile("[\ud800-\udfff]")
# Only an escape can put one into text that was decoded.
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(body: bytes, constant: Callable[[str], Any] | None = None) -> Any:
    """Return what a JSON text holds.

    Args:
        body: UTF-8, or UTF-16 or UTF-32 as RFC 4627 told them apart.
        constant: is called with NaN, Infinity and -Infinity, which are no JSON; by default they are numbers.

    Raises:
        MalformedBodyError: not JSON, nested too deeply, a number of thousands of digits, or text that is no Unicode.
    """
    try:
        text = body.decode(json.detect_encoding(body))
        document = json.loads(text, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise MalformedBodyError(f"The body is not JSON: {error}.") from None
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"The body is not JSON: it is no Unicode text at byte {error.start}.") from None
    except (RecursionError, ValueError) as error:
        raise MalformedBodyError("The JSON body is nested too deeply or has an endless number.") from error
    if _ESCAPED_SURROGATE.search(text) and _has_surrogate(document):
        raise MalformedBodyError("The JSON body has text that is no Unicode: half of a surrogate pair stands alone.")
    return document


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
