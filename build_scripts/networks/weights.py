"""Read the weights that other people's training saves: a state_dict somewhere in a file, of which nothing is run.

torch.load reads with `weights_only`, which calls nothing but what rebuilds tensors. What a training keeps beside the
weights (numpy scalars, paths, an argparse Namespace, a scheduler) would stop it: here every such name stands for an
empty object, so that it is skipped. Nothing of it is imported or called.
"""

import logging
import pickle
import re
import struct
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint_files import STATE_DICT, first_names, not_readable

log = logging.getLogger("build")

# Keys under which training scripts keep the weights beside other things, the usual ones first.
STATE_KEYS = ("state_dict", "model_state_dict", "model", "module", "net", "network", "weights", "params")
DEEPEST = 3

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
            known = [*_numpy(), *((_Skipped, name) for name in skipped)]
            with torch.serialization.safe_globals(known), warnings.catch_warnings():
                # Of types of tensors that PyTorch is about to give up.
                warnings.simplefilter("ignore")
                return torch.load(path, map_location="cpu", weights_only=True), skipped
        except pickle.UnpicklingError as error:
            name = _unknown_name(error)
            if name is None or name in skipped:
                named = f" ({first_names(skipped)})" if skipped else ""
                refusal = f"{path} is no checkpoint, or it holds code{named}; it is not run. {STATE_DICT}"
                raise CheckpointError(not_readable(path) or refusal) from error
            skipped.append(name)
        except BROKEN as error:
            raise CheckpointError(not_readable(path) or f"{path} is not a readable checkpoint. {STATE_DICT}") from error


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
    if isinstance(value, Tensor) and not value.is_meta:
        return value.detach().to_dense() if value.layout is not torch.strided else value.detach()
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "fiub":
        return torch.from_numpy(np.array(value))
    return None


def _rank(where: str) -> int:
    key = where.rpartition(".")[2]
    return STATE_KEYS.index(key) if key in STATE_KEYS else len(STATE_KEYS) + bool(where)


# Exceptions of torch.load for files that are none of its own, or cut off.
BROKEN = (
    *(OSError, RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(OverflowError, MemoryError, ImportError, struct.error),
)
