"""Imports of a start, without modules that are optional to who imports them, or of which one name is taken.

What each saves: docs/decisions/0021-light-imports.md.
"""

import sys
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import ModuleType, SimpleNamespace

# All that `starlette.exceptions` takes of `http.client`, which loads TLS and the package `email`.
_CLIENT = SimpleNamespace(responses={int(status): status.phrase for status in HTTPStatus})


def import_lightly() -> None:
    """Import what serves HTTP on Lambda; what was left out can be imported afterwards as ever."""
    # Both run on a Python that lacks these. No function opens a connection of asyncio's, or packs an archive.
    with _standing_in({"ssl": None, "bz2": None, "lzma": None}):
        import asyncio  # noqa: F401
        import shutil  # noqa: F401
    # What they take of it, `typing` has.
    with _standing_in({"typing_extensions": typing}):
        import mangum  # noqa: F401
        import msgspec  # noqa: F401
    if "starlette.exceptions" not in sys.modules:
        _import_exceptions()


def _import_exceptions() -> None:
    with _standing_in({"http.client": _CLIENT}):
        import starlette.exceptions
    # Its own alone: for everybody else the package `http` is as it was.
    vars(starlette.exceptions)["http"] = SimpleNamespace(client=_CLIENT)


@contextmanager
def _standing_in(modules: Mapping[str, object]) -> Iterator[None]:
    """Have something in the place of modules that are not loaded; None: as if they were not installed.

    Source: docs.python.org, The import system, "The module cache".
    """
    absent = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(typing.cast("dict[str, ModuleType]", absent))
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
