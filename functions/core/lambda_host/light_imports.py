"""Import of the libraries that serve HTTP, without the modules that they can do without: a start takes less time.

What each module left out saves: docs/decisions/0021-light-imports.md.
"""

import sys
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import ModuleType, SimpleNamespace

# The only name that `starlette.exceptions` uses of `http.client`, which loads TLS and the package `email`.
_CLIENT = SimpleNamespace(responses={int(status): status.phrase for status in HTTPStatus})


def import_lightly() -> None:
    """Import the libraries that serve HTTP on Lambda; modules left out can be imported afterwards as usual."""
    # Both also run on a Python without these modules. No function opens a connection of asyncio's, or packs an archive.
    with _replaced({"ssl": None, "bz2": None, "lzma": None}):
        import asyncio  # noqa: F401
        import shutil  # noqa: F401
    # `typing` has every name that they use of it.
    with _replaced({"typing_extensions": typing}):
        import mangum  # noqa: F401
        import msgspec  # noqa: F401
    if "starlette.exceptions" not in sys.modules:
        _import_exceptions()


def _import_exceptions() -> None:
    with _replaced({"http.client": _CLIENT}):
        import starlette.exceptions
    # Only in this module: everywhere else the package `http` is unchanged.
    vars(starlette.exceptions)["http"] = SimpleNamespace(client=_CLIENT)


@contextmanager
def _replaced(modules: Mapping[str, object]) -> Iterator[None]:
    """Replace modules that are not loaded yet; by None, an import of them fails as if they were not installed.

    Source: docs.python.org, The import system, "The module cache".
    """
    absent = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(typing.cast("dict[str, ModuleType]", absent))
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
