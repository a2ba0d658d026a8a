"""Counts look-ups of members of a parsed JSON object by name: each look-up begins at the first member."""

from collections.abc import Iterator
from typing import Any

import pytest
import simdjson

from functions.core.decoding.fast_json import thread_parser


class _Counted:
    """A parsed object, or a list of such, that notes the names of look-ups."""

    def __init__(self, parsed: Any, look_ups: list[str]) -> None:
        self._parsed = parsed
        self._look_ups = look_ups

    def __len__(self) -> int:
        return len(self._parsed)

    def __iter__(self) -> Iterator[Any]:
        return map(self._counted, self._parsed)

    def __getitem__(self, name: str) -> Any:
        self._look_ups.append(name)
        return self._counted(self._parsed[name])

    def _counted(self, value: Any) -> Any:
        is_inputs = isinstance(value, simdjson.Array) and len(value) and isinstance(value[0], simdjson.Object)
        return _Counted(value, self._look_ups) if is_inputs or isinstance(value, simdjson.Object) else value


def count_look_ups(monkeypatch: pytest.MonkeyPatch, module: Any) -> list[str]:
    """Have a module parse into counted objects; returns the names that it looks up, as they come."""
    look_ups: list[str] = []

    class CountingParser:
        def parse(self, body: bytes) -> _Counted:
            return _Counted(thread_parser(len(body)).parse(body), look_ups)

    monkeypatch.setattr(module, "thread_parser", lambda _: CountingParser())
    return look_ups
