"""MATLAB files of version 7.3, which are HDF5, read by h5py: what lies in this file, and nothing that it points to."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from build_scripts.palier_cli.matlab.signals import Variable
from functions.core.errors import MalformedBodyError

if TYPE_CHECKING:
    from h5py import Dataset, File

# Deflate packs at most 1,032 bytes into one.
_LARGEST_RATIO = 1032


def list_hdf5(path: Path) -> list[Variable]:
    """Return the numeric variables of a file, read from their headers alone."""
    # Late: only files of version 7.3 need it.
    import h5py

    with h5py.File(path, "r") as file:
        return [_variable(name, dataset) for name, dataset in _datasets(file)]


def load_hdf5(path: Path, chosen: Sequence[Variable]) -> Mapping[str, NDArray[Any]]:
    """Return the values of variables by their names, as MATLAB shows them.

    Raises:
        MalformedBodyError: one claims more than is stored of it.
    """
    import h5py

    names = {one.name for one in chosen}
    with h5py.File(path, "r") as file:
        return {name: _values(name, dataset) for name, dataset in _datasets(file) if name in names}


def _datasets(file: "File") -> Iterator[tuple[str, "Dataset"]]:
    """Yield the datasets of numbers; those in other files are not opened."""
    import h5py

    for name in file:
        # Of a soft link the target may be an external one.
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            continue
        item = file[name]
        if isinstance(item, h5py.Dataset) and item.shape is not None and item.dtype.kind in "fiu" and _is_here(item):
            yield name, item


def _is_here(dataset: "Dataset") -> bool:
    return not dataset.is_virtual and dataset.id.get_create_plist().get_external_count() == 0


def _variable(name: str, dataset: "Dataset") -> Variable:
    # MATLAB stores columns first: what it shows as [rows, columns] lies transposed.
    return Variable(name, dataset.shape[::-1], math.prod(dataset.shape) * dataset.dtype.itemsize)


def _values(name: str, dataset: "Dataset") -> NDArray[Any]:
    claimed, stored = math.prod(dataset.shape) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    # What was never written reads as zeros, as many as are claimed.
    if claimed > stored * _LARGEST_RATIO:
        raise MalformedBodyError(
            f"The file claims {claimed} bytes of samples for {name[:63]!r} and stores {stored}: it is damaged."
        )
    return np.asarray(dataset[()]).T
