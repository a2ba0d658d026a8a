"""MATLAB files of version 4 to 7, read by SciPy."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build_scripts.palier_cli.readers.variables import Value, Variable, check_walk

# Bytes of a number, by MATLAB's classes of numbers.
_NUMBER_BYTES = {
    "double": 8,
    "single": 4,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "int64": 8,
    "uint64": 8,
    "logical": 1,
}
_TEXT, _CHARACTER_BYTES = "char", 4
_NESTING = frozenset({"struct", "cell"})


class Level5File:
    """A file whose numbers are listed from their headers; structs and cells must be read to be listed."""

    @staticmethod
    def prepare() -> None:
        """Import the library, once for all files of the kind; raises ModuleNotFoundError where it is missing."""
        import scipy.io  # noqa: F401

    def __init__(self, path: Path) -> None:
        # Late: SciPy is large, and only .mat files need it.
        from scipy.io import whosmat

        self._path = path
        listed = whosmat(str(path))
        self._nested = dict(self._leaves([name for name, _, kind in listed if kind in _NESTING]))
        self.variables = [
            *(_plain(name, tuple(shape), kind) for name, shape, kind in listed if kind in {*_NUMBER_BYTES, _TEXT}),
            *(_leaf(name, value) for name, value in self._nested.items()),
        ]

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return the values of variables by their names, each as the file has it."""
        plain = self._load([one.name for one in chosen if one.name not in self._nested])
        found = {one.name: self._nested.get(one.name, plain.get(one.name)) for one in chosen}
        return {name: _value(array) for name, array in found.items() if isinstance(array, np.ndarray)}

    def _leaves(self, names: list[str]) -> Iterator[tuple[str, NDArray[Any]]]:
        content = self._load(names)
        # Members that are still to be walked: path, value, depth.
        waiting = [(name, content[name], 0) for name in reversed(names) if name in content]
        count = 0
        while waiting:
            name, value, depth = waiting.pop()
            count += 1
            check_walk(count + len(waiting), depth)
            if not isinstance(value, np.ndarray):
                continue
            if value.dtype.names is not None or value.dtype == object:
                waiting += [(path, one, depth + 1) for path, one in reversed(_children(name, value))]
            elif value.dtype.kind in "fiubU":
                yield name, value

    def _load(self, names: list[str]) -> Mapping[str, Any]:
        from scipy.io import loadmat

        return loadmat(str(self._path), variable_names=names) if names else {}


def _children(name: str, value: NDArray[Any]) -> list[tuple[str, Any]]:
    """Return what a struct or cell holds, by paths: of one element by its fields, of several by what names them."""
    check_walk(value.size, 0)
    elements = value.ravel().tolist() if value.dtype == object else list(value.ravel())
    paths = [name] if value.size == 1 else _paths(name, value, elements)
    if value.dtype == object:
        return list(zip(paths, elements, strict=True))
    fields = value.dtype.names or ()
    check_walk(value.size * len(fields), 0)
    return [(f"{path}.{field}", one[field]) for path, one in zip(paths, elements, strict=True) for field in fields]


def _paths(name: str, value: NDArray[Any], elements: list[Any]) -> list[str]:
    """Return a path for each element: by its field `Name` where all have one of their own, else by its number."""
    if value.dtype.names and "Name" in value.dtype.names:
        labels = [_value(one["Name"]) if isinstance(one["Name"], np.ndarray) else "" for one in elements]
        if all(isinstance(label, str) and label for label in labels) and len(set(map(str, labels))) == len(labels):
            return [f"{name}.{label}" for label in labels]
    brackets = "{}" if value.dtype == object else "()"
    return [f"{name}{brackets[0]}{number}{brackets[1]}" for number in range(1, len(elements) + 1)]


def _plain(name: str, shape: tuple[int, ...], kind: str) -> Variable:
    item_bytes = _NUMBER_BYTES.get(kind, _CHARACTER_BYTES)
    return Variable(name=name, shape=shape, size_bytes=math.prod(shape) * item_bytes, is_text=kind == _TEXT)


def _leaf(name: str, value: NDArray[Any]) -> Variable:
    return Variable(name=name, shape=value.shape, size_bytes=value.nbytes, is_text=value.dtype.kind == "U")


def _value(array: NDArray[Any]) -> Value:
    return "".join(array.ravel().tolist()) if array.dtype.kind == "U" else array
