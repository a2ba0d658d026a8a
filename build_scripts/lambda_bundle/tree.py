"""A folder in memory: contents by path. What is packed depends on no umask, clock or order of a file system."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from build_scripts.lambda_bundle.errors import BundleError

Tree = Mapping[str, bytes]


def read_tree(root: Path, prefix: str = "", without: Callable[[str], bool] = lambda _: False) -> Tree:
    """Return the files below a folder by `prefix` and their path; without bytecode, hidden files, and what is named."""
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    kept = (path for path in paths if not any(part.startswith(".") or part == "__pycache__" for part in path.parts))
    names = {f"{prefix}{path.as_posix()}": root / path for path in sorted(kept)}
    return {name: path.read_bytes() for name, path in names.items() if not without(name)}


def write_tree(tree: Tree, root: Path) -> None:
    """Write the files below a folder."""
    for path, content in tree.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def placed(tree: Tree, prefix: str) -> Tree:
    """Return the files below another folder."""
    return {f"{prefix}{path}": content for path, content in tree.items()}


def joined(trees: Iterable[Tree]) -> Tree:
    """Return the files of all trees.

    Raises:
        BundleError: two of them have different files of one path.
    """
    whole: dict[str, bytes] = {}
    for tree in trees:
        for path, content in tree.items():
            if whole.setdefault(path, content) != content:
                raise BundleError(f"Two packages have different files at {path}: leave one of them out of the lock.")
    return whole


def size_bytes(tree: Tree) -> int:
    """Return the sum of the files' sizes, as Lambda counts it."""
    return sum(map(len, tree.values()))


def read_bytecode(root: Path) -> Tree:
    """Return the .pyc below a folder by their path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.pyc"))}
