"""Checks of query parameters: limits, cursors, spans of time, choices."""

import re
from collections.abc import Mapping
from datetime import datetime

from starlette.datastructures import QueryParams

from functions.core.aws.dynamodb import timestamp
from functions.core.errors import InvalidOptionError, UnknownOptionError

LARGEST_PAGE = 1000
LARGEST_INDEX = 10**9 - 1
# The first and the last time that a time stamp can have, years 1970 to 9999.
_FIRST_S, _LAST_S = 0.0, 253_402_300_799.0


def check_names(query: QueryParams, *known: str) -> None:
    """Refuse parameters that do not exist or are given twice.

    Raises:
        UnknownOptionError: there is one that does not exist.
        InvalidOptionError: one is given twice.
    """
    for name in query:
        if name not in known:
            raise UnknownOptionError(
                f"There is no parameter {name[:40]!r}; there are {', '.join(known)}.", field=name[:40]
            )
        if len(query.getlist(name)) > 1:
            raise InvalidOptionError(f"{name} is given twice; state it once.", field=name)


def whole_number(query: Mapping[str, str], name: str, default: int, span: tuple[int, int]) -> int:
    """Return a parameter that is a whole number within a span, both ends included; raises InvalidOptionError."""
    given = query.get(name)
    if given is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", given) or not span[0] <= int(given) <= span[1]:
        raise InvalidOptionError(f"{name} must be a whole number from {span[0]} to {span[1]}.", field=name)
    return int(given)


def choice(query: Mapping[str, str], name: str, default: str | None, known: tuple[str, ...]) -> str | None:
    """Return a parameter that is one of a few words; raises InvalidOptionError."""
    given = query.get(name, default)
    if given is not None and given not in known:
        raise InvalidOptionError(f"{name} must be one of {', '.join(known)}.", field=name)
    return given


def span(query: Mapping[str, str]) -> tuple[str, str]:
    """Return the parameters `from` and `to` as time stamps; by default all times.

    Raises:
        InvalidOptionError: one is no time of ISO 8601 with its time zone.
    """
    return timestamp(_moment(query, "from", _FIRST_S)), timestamp(_moment(query, "to", _LAST_S))


def cursor(query: Mapping[str, str], pattern: str) -> str | None:
    """Return the cursor of the page before; raises InvalidOptionError where it is none."""
    given = query.get("cursor")
    if given is not None and not re.fullmatch(pattern, given):
        raise InvalidOptionError("cursor must be the next_cursor of the page before.", field="cursor")
    return given


def _moment(query: Mapping[str, str], name: str, default: float) -> float:
    given = query.get(name)
    if given is None:
        return default
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidOptionError(f"{name} must be a time such as 2026-01-31T12:00:00Z, with its time zone.", field=name)
    return min(max(moment.timestamp(), _FIRST_S), _LAST_S)
