"""What the value of an option or a setting must be, as the end of a sentence; imported for refusals alone."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import inspect

_STEP = re.compile(r"\w+|\[[^]]*\]")
_BOUNDS = {"gt": "above", "ge": "from", "lt": "below", "le": "up to"}
_NUMBERS: Mapping[type, str] = {inspect.IntType: "a whole number", inspect.FloatType: "a number"}
_OTHERS: Mapping[type, str] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "a date and time with its time zone, like 2026-05-28T20:26:40Z",
    inspect.DictType: "numbers by name",
    inspect.StrType: "text",
    inspect.StructType: "an object",
}


def requirement(kind: Any, place: str, forms: Mapping[str, str]) -> str:
    """Return what a value must be: `a number above 0`; several kinds are joined by `or`.

    Args:
        kind: a type that msgspec decodes, such as a struct.
        place: below the type, as msgspec writes it: `name`, `[0].name`; empty: the value itself.
        forms: what each pattern of its texts lets pass, in words.
    """
    found: Any = inspect.type_info(kind)
    for step in _STEP.findall(place):
        found = _below(found, step)
    return _kind(found, forms)


def _below(kind: Any, step: str) -> Any:
    """Return the type of a field, or of what a list or an object holds."""
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        several = kind.types if isinstance(kind, inspect.UnionType) else [kind.type]
        kind = next(one for one in several if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.ListType):
        return kind.item_type
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    return next(field.type for field in kind.fields if field.name == step)


def _kind(kind: Any, forms: Mapping[str, str]) -> str:
    if isinstance(kind, inspect.Metadata):
        return _kind(kind.type, forms)
    if isinstance(kind, inspect.UnionType):
        return " or ".join(_kind(one, forms) for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.ListType):
        return f"a JSON list, each entry {_kind(kind.item_type, forms)}"
    if isinstance(kind, inspect.LiteralType):
        *others, last = (text if text.isalnum() or "/" in text else repr(text) for text in map(str, kind.values))
        return f"{', '.join(others)} or {last}" if others else last
    if type(kind) in _NUMBERS:
        limits = ((words, getattr(kind, name)) for name, words in _BOUNDS.items())
        bounds = " ".join(f"{words} {limit:.7g}" for words, limit in limits if limit is not None)
        return f"{_NUMBERS[type(kind)]} {bounds}".rstrip()
    return forms.get(getattr(kind, "pattern", None) or "", _OTHERS[type(kind)]) + _length(kind)


def _length(kind: Any) -> str:
    shortest, longest = getattr(kind, "min_length", None), getattr(kind, "max_length", None)
    if isinstance(kind, inspect.DictType):
        return f", at most {longest}" if longest else ""
    if shortest and longest:
        return f" of {shortest} to {longest} characters"
    if shortest:
        return f" of at least {shortest} characters"
    return f" of at most {longest} characters" if longest else ""
