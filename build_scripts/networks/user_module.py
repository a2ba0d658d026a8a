"""A user's Python file as a module: registered, and with imports from its own folder."""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from build_scripts.errors import RecipeError
from build_scripts.networks.user_code import user_code


class _Folder(str):
    """An entry of sys.path that a user's file brought; the next file takes its place."""

    __slots__ = ()


def make_network(file: Path, factory: str, arguments: dict[str, Any]) -> nn.Module:
    """Import a Python file and call the factory in it.

    Raises:
        RecipeError: the file is missing or does not import, has no such factory, or the factory makes no module.
    """
    make = getattr(import_file(file), factory, None)
    if not callable(make):
        raise RecipeError(f"{file} has no class or function {factory!r}.")
    with user_code(f"{factory} of {file.name} does not take these arguments"):
        network = make(**arguments)
    if not isinstance(network, nn.Module):
        raise RecipeError(f"{factory} of {file} makes a {type(network).__name__}, not a torch.nn.Module.")
    # torch.compile and DataParallel wrap the network itself.
    inner = getattr(network, "_orig_mod", network)
    return inner.module if isinstance(inner, nn.DataParallel) else inner


def import_file(file: Path) -> ModuleType:
    """Import a user's file as a module of its own name, once more where an earlier file had it.

    Its folder is searched after everything that is installed, and stays on the path, for a forward may import too.
    A file with relative imports is imported as part of its package.

    Raises:
        RecipeError: the file is missing, does not import, or imports what both a file beside it and an installed
            package are named.
    """
    if not file.is_file() or file.suffix != ".py":
        raise RecipeError(f"There is no Python file {file}.")
    file = file.resolve()
    with user_code(f"{file.name} does not import"):
        levels = _levels(file)
    _forget_earlier_files()
    root = file.parents[levels]
    _require_unambiguous(file)
    sys.path += [_Folder(folder) for folder in {str(root): None, str(file.parent): None}]
    with user_code(f"{file.name} does not import"):
        if levels:
            return importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))
        return _executed(file)


def _executed(file: Path) -> ModuleType:
    # A name that something installed has stays its own: PyTorch itself may import it later.
    name = f"own_{file.stem}" if _installed(file.stem) else file.stem
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RecipeError(f"{file} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickles look their module up by its name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _forget_earlier_files() -> None:
    """Take the folder of an earlier file off the path, and its modules with it: another may have the same names."""
    folders = tuple(f"{entry}/" for entry in sys.path if isinstance(entry, _Folder))
    sys.path[:] = [entry for entry in sys.path if not isinstance(entry, _Folder)]
    for name, module in list(sys.modules.items()):
        if folders and (getattr(module, "__file__", None) or "").startswith(folders) and not _installed(name):
            del sys.modules[name]
    importlib.invalidate_caches()


def _require_unambiguous(file: Path) -> None:
    for name in sorted(set(_imports(file, set()))):
        if _installed(name) and _beside(file.parent, name) is not None:
            raise RecipeError(
                f"{file.name} imports {name!r}: a file beside it and an installed package have this name; "
                "rename the file."
            )


def _imports(file: Path, seen: set[Path]) -> Iterator[str]:
    """Yield the top-level names that a file, and the files beside it that it imports, import absolutely."""
    seen.add(file)
    for node in ast.walk(_parsed(file)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module.partition(".")[0]]
        for name in names:
            yield name
            inner = _beside(file.parent, name)
            if inner is not None and inner not in seen:
                yield from _imports(inner, seen)


def _levels(file: Path) -> int:
    """Return the most dots of a relative import in a file: how far above it its package begins."""
    return max((node.level for node in ast.walk(_parsed(file)) if isinstance(node, ast.ImportFrom)), default=0)


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes(), str(file))


def _beside(folder: Path, name: str) -> Path | None:
    candidates = (folder / f"{name}.py", folder / name / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _installed(name: str) -> bool:
    """Return whether a top-level module is found without a user's folder; a bare folder is none."""
    folders = [entry for entry in sys.path if not isinstance(entry, _Folder)]
    spec = PathFinder.find_spec(name.partition(".")[0], folders)
    return name in sys.builtin_module_names or (spec is not None and spec.origin is not None)
