"""Read the weights that other people's training saves: a state_dict somewhere in a file, of which nothing is run.

torch.load reads with `weights_only`, which calls nothing but what rebuilds tensors. What a training keeps beside the
weights (numpy scalars, paths, an argparse Namespace, a scheduler) would stop it: here every such name stands for an
empty object, so that it is skipped. Nothing of it is imported or called.
"""

import logging
import pickle
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from build_scripts.errors import CheckpointError

log = logging.getLogger("build")

# Keys under which training scripts keep the weights beside other things, the usual ones first.
STATE_KEYS = ("state_dict", "model_state_dict", "model", "module", "net", "network", "weights", "params")
DEEPEST = 3
STATE_DICT = "Save the weights alone: torch.save(model.state_dict(), F)."
MOST_NAMED = 5
LFS_POINTER = b"version https://git-lfs"

Weights = dict[str, Tensor]
Candidates = dict[str, Weights]


def read_weights(path: Path) -> Candidates:
    """Read every state_dict in a file, by the keys it stands under, the likeliest first; "" is the file itself.

    Takes torch.save's files, old and new, and safetensors.

    Raises:
        CheckpointError: the file is missing, is no such file, holds code in place of weights, or no weights.
    """
    if not path.is_file():
        raise CheckpointError(f"There is no file {path}.")
    if is_safetensors(path):
        return {"": _read_safetensors(path)}
    content, skipped = _read_torch(path)
    found = dict(sorted(_state_dicts(content), key=lambda one: _rank(one[0])))
    if not found and skipped:
        raise CheckpointError(
            f"{path} holds code, not only weights ({first_names(skipped)}); it is not run. {STATE_DICT}"
        )
    if not found:
        raise CheckpointError(f"{path} has no weights: no state_dict, neither alone nor under a key. {STATE_DICT}")
    if skipped:
        log.info("beside the weights %s holds %s: skipped, not run", path.name, first_names(skipped))
    return found


def is_safetensors(path: Path) -> bool:
    """Return whether a file begins as safetensors do: the length of a JSON header, then the header."""
    with path.open("rb") as file:
        head = file.read(9)
    length = int.from_bytes(head[:8], "little")
    return len(head) == 9 and head[8:] == b"{" and length < path.stat().st_size


def _read_safetensors(path: Path) -> Weights:
    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is a broken safetensors file; copy or save it anew.") from error


def _read_torch(path: Path) -> tuple[Any, list[str]]:
    """Return what a file of torch.save holds, and the names in it that were skipped."""
    skipped: list[str] = []
    while True:
        try:
            with torch.serialization.safe_globals([*_numpy(), *((_Skipped, name) for name in skipped)]):
                return torch.load(path, map_location="cpu", weights_only=True), skipped
        except pickle.UnpicklingError as error:
            name = _unknown_name(error)
            if name is None or name in skipped:
                if hint := _hint(path):
                    raise CheckpointError(f"{path} is not a readable checkpoint{hint}. {STATE_DICT}") from error
                named = f" ({first_names(skipped)})" if skipped else ""
                raise CheckpointError(
                    f"{path} is no checkpoint, or it holds code{named}; it is not run. {STATE_DICT}"
                ) from error
            skipped.append(name)
        except _BROKEN as error:
            raise CheckpointError(f"{path} is not a readable checkpoint{_hint(path)}. {STATE_DICT}") from error


class _Skipped:
    """What stands in for anything unknown beside the weights: an empty Counter, which torch's reader lets be filled."""

    def __new__(cls, *_: object) -> Counter[object]:  # type: ignore[misc]  # any call gives a Counter
        return Counter()


def _numpy() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """What rebuilds arrays and scalars of numpy from their bytes, under its names in numpy 1 and 2."""
    multiarray = np._core.multiarray  # type: ignore[attr-defined]
    functions = {"_reconstruct": multiarray._reconstruct, "scalar": multiarray.scalar}
    named = [(one, f"numpy.{core}.multiarray.{name}") for core in ("core", "_core") for name, one in functions.items()]
    kinds = [kind for kind in vars(np.dtypes).values() if isinstance(kind, type)]
    return [*named, np.ndarray, np.dtype, *kinds]


def _unknown_name(error: pickle.UnpicklingError) -> str | None:
    """Return the name that torch's reader met and does not allow; it leaves out the module of builtins."""
    found = re.search(r"GLOBAL (\S+) was not an allowed global", str(error))
    if found is None:
        return None
    return found[1] if "." in found[1] else f"builtins.{found[1]}"


def _state_dicts(content: object, where: str = "", depth: int = 0) -> Iterator[tuple[str, Weights]]:
    if not isinstance(content, Mapping) or depth > DEEPEST:
        return
    arrays = {key: value for key, value in content.items() if isinstance(key, str)}
    tensors = {key: tensor for key, value in arrays.items() if (tensor := _tensor(value)) is not None}
    if tensors:
        yield where, tensors
    for key, value in arrays.items():
        yield from _state_dicts(value, f"{where}.{key}".lstrip("."), depth + 1)


def _tensor(value: object) -> Tensor | None:
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "fiub":
        return torch.from_numpy(np.array(value))
    return None


def _rank(where: str) -> int:
    key = where.rpartition(".")[2]
    return STATE_KEYS.index(key) if key in STATE_KEYS else len(STATE_KEYS) + bool(where)


def first_names(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return at most so many names as part of a sentence, and the number of the others."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _hint(path: Path) -> str:
    """Return what a file that cannot be read is, by its first bytes or its ending."""
    with path.open("rb") as file:
        head = file.read(len(LFS_POINTER))
    if head == LFS_POINTER:
        return ": it is a pointer of Git LFS; git lfs pull fetches the file"
    if head.startswith(b"PK\x03\x04") and not is_zipfile(path):
        return ": its end is missing; copy it anew"
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return ": it is an HDF5 file, as Keras and MATLAB write them"
    if path.suffix.lower() == ".onnx":
        return ": an ONNX file is given with --onnx in place of --checkpoint"
    return ": it is empty" if not head else ""


# Exceptions of torch.load for files that are none of its own, or cut off.
_BROKEN = (
    *(OSError, RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(OverflowError, MemoryError, ImportError, struct.error),
)
