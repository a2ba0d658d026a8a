"""The settings that a function reads, found in the code that it can reach."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As every module calls them: `settings.stage`, `self.settings.stage`, `self._settings.stage`.
_NAMES = frozenset({"settings", "_settings", "container"})


def settings_read(entry_point: str, fields: frozenset[str]) -> frozenset[str]:
    """Return which of the fields are read in an entry point's module or in one that it imports, at once or later."""
    return frozenset(name for path in _reached(entry_point) for name in _attributes(path) if name in fields)


def _reached(entry_point: str) -> set[Path]:
    reached: set[Path] = set()
    waiting = [entry_point]
    while waiting:
        path = (ROOT / waiting.pop().replace(".", "/")).with_suffix(".py")
        if path.is_file() and path not in reached:
            reached.add(path)
            waiting += _imported(path)
    return reached


@cache
def _imported(path: Path) -> tuple[str, ...]:
    nodes = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.ImportFrom) and node.module]
    return tuple(
        name
        for node in nodes
        # A module, or a package of which modules are taken.
        for name in (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))
        if name.startswith("functions.")
    )


def _attributes(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Attribute) and _last_name(node.value) in _NAMES:
            yield node.attr


def _last_name(node: ast.expr) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())
