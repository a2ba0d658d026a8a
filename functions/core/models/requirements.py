"""What the value of an option must be, as the end of a sentence; imported for refusals alone."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import inspect

_BOUNDS = {"gt": "above", "ge": "from", "lt": "below", "le": "up to"}
_NUMBERS: Mapping[type, str] = {inspect.IntType: "a whole number", inspect.FloatType: "a number"}
_OTHERS: Mapping[type, str] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "a date and time with its time zone, like 2026-05-28T20:26:40Z",
    inspect.DictType: "numbers by name",
    inspect.StrType: "text",
}
_LONGEST: Mapping[type, str] = {inspect.DictType: ", at most {}", inspect.StrType: " of at most {} characters"}


def requirement(struct: type, field: str, forms: Mapping[str, str]) -> str:
    """Return what a field of a struct must be: `a number above 0`; several kinds are joined by `or`.

    Args:
        struct: of msgspec.
        field: name of one of its fields.
        forms: what each pattern of its texts lets pass, in words.
    """
    fields: Sequence[inspect.Field] = cast("inspect.StructType", inspect.type_info(struct)).fields
    return _kind(next(one.type for one in fields if one.name == field), forms)


def _kind(kind: Any, forms: Mapping[str, str]) -> str:
    if isinstance(kind, inspect.Metadata):
        return _kind(kind.type, forms)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_kind(one, forms) for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.LiteralType):
        *others, last = (text if text.isalnum() or "/" in text else repr(text) for text in map(str, kind.values))
        return f"{', '.join(others)} or {last}" if others else last
    if type(kind) in _NUMBERS:
        limits = ((words, getattr(kind, name)) for name, words in _BOUNDS.items())
        bounds = " ".join(f"{words} {limit:.7g}" for words, limit in limits if limit is not None)
        return f"{_NUMBERS[type(kind)]} {bounds}".rstrip()
    longest, pattern = getattr(kind, "max_length", None), getattr(kind, "pattern", None)
    limit = _LONGEST[type(kind)].format(longest) if longest else ""
    return forms.get(pattern or "", _OTHERS[type(kind)]) + limit
