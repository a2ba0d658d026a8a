"""MATLAB files: version 5 to 7 by SciPy, version 7.3 (HDF5) by h5py."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.core.errors import MalformedBodyError, SignalShapeError
from functions.core.preprocessing.arrays import as_float32
from functions.core.preprocessing.signal import Recording

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_HDF5_USER_BLOCK = 512
_LONG = 256
_RATE_NAMES = ("fs", "sr", "sample_rate", "samplerate", "sampling_rate", "sample_rate_hz", "fs_hz")

Variables = Mapping[str, NDArray[Any]]


def read_mat(path: Path, variable: str | None = None) -> Recording:
    """Read a .mat as float32 [C, N].

    Without a variable's name, every long vector is a channel of that name, if they are equally long. A
    scalar named like `fs` gives the sample rate.

    Args:
        path: the file.
        variable: a vector, or a matrix of channels.

    Raises:
        OSError: the file cannot be read.
        MalformedBodyError: it is no MATLAB file.
        SignalShapeError: no variable of this name, or none or several that could be meant.
    """
    variables = _read(path)
    rate_hz = _rate_hz(variables)
    signals = {name: _rows(array) for name, array in variables.items() if _is_signal(array)}
    if variable is not None:
        if variable not in signals:
            raise SignalShapeError(f"There is no signal {variable!r}; {_listing(signals)}", field="variable")
        return Recording(signals[variable], rate_hz)
    if not signals:
        raise SignalShapeError(f"The file has no vector of {_LONG} samples or more.", field="variable")
    if len({rows.shape[1] for rows in signals.values()}) > 1:
        raise SignalShapeError(f"Choose one of several signals by its name: {_listing(signals)}", field="variable")
    names = [name for name, rows in signals.items() for _ in rows]
    only = len(signals) == 1
    return Recording(np.concatenate(list(signals.values())), rate_hz, () if only else tuple(names))


def _read(path: Path) -> Variables:
    with path.open("rb") as file:
        head = file.read(_HDF5_USER_BLOCK + len(_HDF5_MAGIC))
    if _HDF5_MAGIC in (head[: len(_HDF5_MAGIC)], head[_HDF5_USER_BLOCK:]):
        return _read_hdf5(path)
    return _read_level5(path)


def _read_level5(path: Path) -> Variables:
    # Late: SciPy is large, and only .mat files need it.
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(str(path))
    except (MatReadError, ValueError, TypeError, KeyError, NotImplementedError, EOFError) as error:
        raise MalformedBodyError(f"This is not a MATLAB file: {error}.") from None
    return {name: value for name, value in content.items() if isinstance(value, np.ndarray)}


def _read_hdf5(path: Path) -> Variables:
    # Late: only files of version 7.3 need it.
    import h5py

    with h5py.File(path) as file:
        # MATLAB stores columns first: what it shows as [rows, columns] lies transposed.
        return {name: np.asarray(item[()]).T for name, item in file.items() if isinstance(item, h5py.Dataset)}


def _is_signal(array: NDArray[Any]) -> bool:
    return array.dtype.kind in "fiu" and array.ndim == 2 and max(array.shape) >= _LONG and min(array.shape) <= 64


def _rows(array: NDArray[Any]) -> NDArray[np.float32]:
    return as_float32(array if array.shape[0] <= array.shape[1] else array.T)


def _rate_hz(variables: Variables) -> float | None:
    for name, array in variables.items():
        if name.lower() in _RATE_NAMES and array.size == 1 and array.dtype.kind in "fiu":
            return float(array.item())
    return None


def _listing(signals: Mapping[str, NDArray[np.float32]]) -> str:
    return "there are " + ", ".join(f"{name} ({rows.shape[1]} samples)" for name, rows in signals.items()) + "."
