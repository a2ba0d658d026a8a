"""Read and check the arrays of an .npz file; an error names the cast that mends it."""

import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from build_scripts.errors import DataError
from functions.core.preprocessing.arrays import Float32Array

Arrays = dict[str, NDArray[Any]]
_BROKEN = (OSError, ValueError, EOFError, KeyError, BadZipFile, zlib.error, NotImplementedError, MemoryError)


def read_arrays(path: Path) -> Arrays:
    """Read every array of an .npz file; nothing pickled in it is read.

    Raises:
        DataError: the file is missing, no .npz, or broken, or an array in it holds Python objects.
    """
    if not path.is_file():
        raise DataError(f"{path} is not there; np.savez writes one.")
    with path.open("rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
        except _BROKEN as error:
            raise DataError(f"{path} is not a readable .npz file; np.savez writes one.") from error
        if isinstance(archive, np.ndarray):
            raise DataError(f"{path} holds one array without a name; np.savez writes an .npz file of named ones.")
        return {name: _array(path, archive, name) for name in archive.files}


def _array(path: Path, archive: Mapping[str, Any], name: str) -> NDArray[Any]:
    try:
        array = archive[name]
    except _BROKEN as error:
        if "allow_pickle" in str(error):
            raise DataError(f"{path}: {name} is an array of Python objects{_remedy(name)}.") from error
        raise DataError(f"{path}: {name} cannot be read; the file is broken, save it anew.") from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: {name} is not an array of numpy.")
    return array


def _remedy(name: str) -> str:
    if name.endswith("names"):
        return f": save them as text, {name}.astype(str)"
    return f", as of records of unequal length: cut them to one length and save np.stack({name})"


def required(path: Path, arrays: Mapping[str, NDArray[Any]], names: tuple[str, ...]) -> None:
    """Check that a file has its arrays.

    Raises:
        DataError: one is missing.
    """
    if missing := [name for name in names if name not in arrays]:
        raise DataError(f"{path} lacks the arrays {', '.join(missing)}; it has {', '.join(arrays)}.")


def signals_of_floats(path: Path, given: NDArray[Any]) -> Float32Array:
    """Return records [n, C, N] or [n, N] of any float type as float32 [n, C, N].

    Raises:
        DataError: they are no floats, have another number of axes, or hold NaN, infinity or more than float32 can.
    """
    shape = list(given.shape)
    if np.issubdtype(given.dtype, np.integer):
        raise DataError(
            f"{path}: signals are {given.dtype} {shape}, counts of a recorder: save them in the recipe's unit, "
            'signals.astype("float32") * scale.'
        )
    if given.ndim not in {2, 3} or not np.issubdtype(given.dtype, np.floating):
        raise DataError(f"{path}: signals must be floats [records, channels, samples], not {given.dtype} {shape}.")
    signals = given[:, None] if given.ndim == 2 else given
    _require_finite(path, signals, "hold NaN or infinity", ": leave them out, or repair them")
    with np.errstate(over="ignore"):
        narrow = signals.astype(np.float32)
    _require_finite(
        path, narrow, "hold values beyond float32", ": another unit makes them smaller, as in signals / 1e6"
    )
    return narrow


def _require_finite(path: Path, signals: NDArray[Any], what: str, remedy: str) -> None:
    bad = ~np.isfinite(signals).all(axis=(1, 2))
    if bad.any():
        raise DataError(f"{path}: {int(bad.sum())} of {len(bad)} records {what}, {bad.argmax()} first{remedy}.")


def indices(path: Path, name: str, values: NDArray[Any], names: tuple[str, ...], count: int) -> NDArray[np.int64]:
    """Return indices into `names`, one for each of `count` records, as int64 [count].

    Raises:
        DataError: they are of another shape or type, or one is no index; the sentence has the cast to make.
    """
    if values.shape != (count,):
        cast = f"; save {name}.argmax(1)" if values.shape == (count, len(names)) and len(names) > 1 else ""
        cast = f"; save {name}[:, 0]" if values.shape == (count, 1) else cast
        raise DataError(f"{path}: {name} has shape {list(values.shape)} for {count} records{cast}.")
    if values.dtype.kind in "US":
        raise DataError(
            f"{path}: {name} holds names, not indices into {name_list(name)}: save both from "
            f"{name_list(name)}, {name} = np.unique({name}, return_inverse=True)."
        )
    if values.dtype.kind == "f" and np.isfinite(values).all() and (values == np.rint(values)).all():
        raise DataError(f'{path}: {name} is {values.dtype} of whole numbers: save {name}.astype("int64").')
    if values.dtype.kind not in "iub":
        raise DataError(f"{path}: {name} must be whole numbers, indices into {name_list(name)}, not {values.dtype}.")
    found = values.astype(np.int64)
    outside = (found < 0) | (found >= len(names))
    if outside.any():
        from_one = found.min() >= 1 and found.max() == len(names)
        cast = f"; it counts from 1: save {name} - 1" if from_one else f"; indices are 0 to {len(names) - 1}"
        raise DataError(f"{path}: {name} {found[outside][0]} has no name among {len(names)}{cast}.")
    return found


def name_list(name: str) -> str:
    """Return the array that holds the names of the indices `name`."""
    return "class_names" if name == "label" else f"{name}_names"


def unique_names(path: Path, name: str, values: NDArray[Any]) -> tuple[str, ...]:
    """Return the names in an array.

    Raises:
        DataError: two are equal, or it is no list.
    """
    if values.ndim != 1:
        raise DataError(f"{path}: {name} has shape {list(values.shape)}; it must be a list of names.")
    names = tuple(str(one) for one in values.astype(str))
    if twice := sorted(one for one, count in Counter(names).items() if count > 1):
        raise DataError(f"{path}: {name} has {twice[0]!r} twice; one name has one index.")
    return names


def one_rate(path: Path, name: str, values: NDArray[Any]) -> float:
    """Return a file's sample rate in Hz.

    Raises:
        DataError: it is not one number above 0.
    """
    if values.size != 1 or values.dtype.kind not in "iuf" or not 0 < float(values.item()) < np.inf:
        raise DataError(f"{path}: {name} must be one number above 0, in Hz, not {values.dtype} {list(values.shape)}.")
    return float(values.item())
