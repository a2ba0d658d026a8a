"""HDF5, and MATLAB files of version 7.3, which are HDF5: what lies in this file, and nothing that it points to."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from build_scripts.palier_cli.readers.fields import is_field_name
from build_scripts.palier_cli.readers.variables import Value, Variable, check_walk
from functions.core.errors import MalformedBodyError

if TYPE_CHECKING:
    from h5py import AttributeManager, Dataset, File

# Deflate packs at most 1,032 bytes into one.
_LARGEST_RATIO = 1032
# Groups in which MATLAB keeps values that others refer to, and its own.
_INNER = frozenset({"#refs#", "#subsystem#"})
_CHARACTERS = b"char"


class Hdf5File:
    """A file whose datasets and attributes are listed from their headers alone."""

    @staticmethod
    def prepare() -> None:
        """Import the library, once for all files of the kind; raises ModuleNotFoundError where it is missing."""
        import h5py  # noqa: F401

    def __init__(self, path: Path) -> None:
        # Late: few files need it.
        import h5py

        self._file = h5py.File(path, "r")
        # Of a table of records, with the field of them.
        self._datasets: dict[str, tuple[Dataset, str | None]] = {}
        self.variables = list(self._listed())

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return the values of variables by their names, as MATLAB shows them.

        Raises:
            MalformedBodyError: one claims more than is stored of it.
        """
        return {one.name: _values(one.name, *self._datasets[one.name]) for one in chosen}

    def _listed(self) -> Iterator[Variable]:
        import h5py

        yield from _attributes("", self._file.attrs)
        for name, item in _walk(self._file):
            yield from _attributes(name, item.attrs)
            if isinstance(item, h5py.Dataset):
                yield from self._variables(name, item)

    def _variables(self, name: str, dataset: "Dataset") -> Iterator[Variable]:
        """Yield a dataset of numbers, or the fields of numbers of one of records."""
        check_walk(len(dataset.dtype.names or ()), 0)
        for field in dataset.dtype.names or (None,):
            dtype = dataset.dtype if field is None else dataset.dtype[field]
            if dtype.kind in "fiu":
                path = name if field is None else _joined(name, field)
                self._datasets[path] = (dataset, field)
                yield _variable(path, dataset, dtype.itemsize)


def _walk(file: "File") -> Iterator[tuple[str, Any]]:
    """Yield groups and datasets by their paths, each once: those in other files are not opened."""
    import h5py

    waiting = _members(file, "", 0)
    seen: set[int] = set()
    while waiting:
        name, item, depth = waiting.pop()
        check_walk(len(seen) + len(waiting), depth)
        place = h5py.h5o.get_info(item.id).addr
        if place in seen:
            continue
        seen.add(place)
        if isinstance(item, h5py.Group):
            yield name, item
            waiting += _members(item, name, depth + 1)
        elif isinstance(item, h5py.Dataset) and item.shape is not None and _is_here(item):
            yield name, item
            waiting += _cells(file, item, name, depth + 1)


def _members(group: Any, path: str, depth: int) -> list[tuple[str, Any, int]]:
    import h5py

    check_walk(len(group), depth)
    # Of a soft link the target may be an external one.
    names = [one for one in group if one not in _INNER and isinstance(group.get(one, getlink=True), h5py.HardLink)]
    # The last is taken first.
    return [(_joined(path, name), group[name], depth) for name in reversed(names)]


def _cells(file: "File", dataset: "Dataset", path: str, depth: int) -> list[tuple[str, Any, int]]:
    """Return what a cell, or a field of several structs, refers to; a single one is called as its cell."""
    import h5py

    if h5py.check_ref_dtype(dataset.dtype) is not h5py.Reference:
        return []
    check_walk(dataset.size, depth)
    references = [one for one in np.asarray(dataset[()]).ravel() if one]
    names = [path] if len(references) == 1 else [f"{path}({number})" for number in range(1, len(references) + 1)]
    return [(name, file[one], depth) for name, one in reversed(list(zip(names, references, strict=True)))]


def _is_here(dataset: "Dataset") -> bool:
    return not dataset.is_virtual and dataset.id.get_create_plist().get_external_count() == 0


def _attributes(path: str, attributes: "AttributeManager") -> Iterator[Variable]:
    """Yield the attributes that are single values whose name has a meaning."""
    check_walk(len(attributes), 0)
    for name in attributes:
        if is_field_name(name) and math.prod(attributes.get_id(name).shape) == 1:
            value = np.asarray(attributes[name]).ravel()[0]
            known = value.decode(errors="replace") if isinstance(value, bytes) else value
            if isinstance(known, str | float | int | np.number):
                yield Variable(name=_joined(path, name), value=known if isinstance(known, str) else float(known))


def _variable(name: str, dataset: "Dataset", item_bytes: int) -> Variable:
    # MATLAB stores columns first: what it shows as [rows, columns] lies transposed.
    return Variable(
        name=name,
        shape=dataset.shape[::-1],
        size_bytes=math.prod(dataset.shape) * item_bytes,
        is_text=dataset.attrs.get("MATLAB_class") == _CHARACTERS,
    )


def _values(name: str, dataset: "Dataset", field: str | None) -> Value:
    claimed, stored = math.prod(dataset.shape) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    # Unwritten values read as zeros, as many as the file claims.
    if claimed > stored * _LARGEST_RATIO:
        raise MalformedBodyError(
            f"The file claims {claimed} bytes of samples for {name[:63]!r} and stores {stored}: it is damaged."
        )
    values = np.asarray(dataset[() if field is None else field]).T
    is_text = dataset.attrs.get("MATLAB_class") == _CHARACTERS
    return "".join(map(chr, values.ravel().tolist())) if is_text else values


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
