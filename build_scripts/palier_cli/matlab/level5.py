"""MATLAB files of version 4 to 7, read by SciPy."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build_scripts.palier_cli.matlab.signals import Variable

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


def list_level5(path: Path) -> list[Variable]:
    """Return the numeric variables of a file, read from their headers alone."""
    # Late: SciPy is large, and only .mat files need it.
    from scipy.io import whosmat

    return [
        Variable(name, tuple(shape), math.prod(shape) * _NUMBER_BYTES[kind])
        for name, shape, kind in whosmat(str(path))
        if kind in _NUMBER_BYTES
    ]


def load_level5(path: Path, chosen: Sequence[Variable]) -> Mapping[str, NDArray[Any]]:
    """Return the values of variables by their names, each as the file has it; complex numbers are none."""
    from scipy.io import loadmat

    content = loadmat(str(path), variable_names=[one.name for one in chosen])
    loaded = {one.name: content.get(one.name) for one in chosen}
    return {
        name: value for name, value in loaded.items() if isinstance(value, np.ndarray) and value.dtype.kind in "fiu"
    }
