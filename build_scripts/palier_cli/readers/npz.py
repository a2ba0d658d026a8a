"""NumPy's .npz: a zip of .npy files; its members are listed from their headers, and no pickle is read."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy_format

from build_scripts.palier_cli.readers.variables import Value, Variable, check_walk
from functions.core.errors import MalformedBodyError

_ENDING = "npy"


class NpzFile:
    """A zip of arrays."""

    @staticmethod
    def prepare() -> None:
        """Import nothing: NumPy and zipfile are there already."""

    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path)
        names = [one for one in self._zip.namelist() if one.rpartition(".")[2] == _ENDING]
        check_walk(len(names), 0)
        if not names:
            raise MalformedBodyError(
                "The file is a zip without an array of NumPy: unpack it, and diagnose what is in it.", field="signal"
            )
        listed = [self._variable(name) for name in names]
        self.variables = [one for one in listed if one is not None]

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return the values of variables by their names."""
        return {one.name: self._values(one.name) for one in chosen}

    def _variable(self, name: str) -> Variable | None:
        with self._zip.open(name) as file:
            shape, dtype = _header(file)
        if dtype.kind not in "fiubU":
            return None
        return Variable(
            name=_path(name),
            shape=shape,
            size_bytes=math.prod(shape) * dtype.itemsize,
            is_text=dtype.kind == "U",
        )

    def _values(self, name: str) -> Value:
        member = next(one for one in self._zip.namelist() if _path(one) == name)
        with self._zip.open(member) as file:
            array = npy_format.read_array(file, allow_pickle=False)
        return "".join(array.ravel().tolist()) if array.dtype.kind == "U" else np.asarray(array)


def _path(member: str) -> str:
    return member.rpartition(".")[0].replace("/", ".")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = npy_format.read_magic(file)
    read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    shape, _, dtype = read(file)
    return shape, dtype
