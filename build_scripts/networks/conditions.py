"""Conditions of operation of a model: values to try it with, and how its ONNX file names them."""

from collections.abc import Sequence

import msgspec
import numpy as np
import torch
from torch import Tensor

from build_scripts.errors import DataError
from functions.core.models.manifest import CONDITIONS, Condition
from functions.core.preprocessing.arrays import Float32Array

# The arguments of a network: windows float32 [B, C, T], and conditions float32 [B, K] where it takes some.
Inputs = tuple[Tensor, ...]
# The property of an ONNX file that lists them, and the name of its second input.
PROPERTY = CONDITIONS


def random_rows(conditions: Sequence[Condition], count: int, rng: np.random.Generator) -> Float32Array | None:
    """Return conditions spread evenly over their ranges, float32 [count, K]; None where there are none."""
    if not conditions:
        return None
    ends = np.array([(one.minimum, one.maximum) for one in conditions])
    return rng.uniform(ends[:, 0], ends[:, 1], (count, len(conditions))).astype(np.float32)


def copies(inputs: Inputs) -> Inputs:
    """Return copies of the inputs: a forward may change its arguments in place."""
    return tuple(one.clone() for one in inputs)


def silence(shape: tuple[int, int, int], conditions: Sequence[Condition]) -> Inputs:
    """Return windows of zeros float32 [B, C, T] and random conditions [B, K], the first input of a trial run."""
    return with_rows(np.zeros(shape, np.float32), random_rows(conditions, shape[0], np.random.default_rng(0)))


def with_rows(windows: Float32Array, rows: Float32Array | None) -> Inputs:
    """Return the arguments of a network: windows, and conditions behind them where there are any."""
    return tuple(torch.from_numpy(one) for one in (windows, rows) if one is not None)


def rows_of(conditions: Float32Array | None, count: int) -> Float32Array | None:
    """Return a record's conditions float32 [K] for each of its windows, float32 [count, K]; None where it has none."""
    return None if conditions is None else np.tile(conditions, (count, 1))


def write_conditions(conditions: Sequence[Condition]) -> dict[str, str]:
    """Return the property that lists the conditions in an ONNX file; an empty mapping without conditions."""
    return {PROPERTY: msgspec.json.encode(list(conditions)).decode()} if conditions else {}


def read_conditions(properties: dict[str, str]) -> list[Condition]:
    """Return the conditions that an ONNX file's properties list.

    Raises:
        DataError: the property is there and lists none.
    """
    try:
        return msgspec.json.decode(properties.get(PROPERTY, "[]"), type=list[Condition])
    except msgspec.DecodeError as error:
        raise DataError(
            f"The property {PROPERTY!r} of the ONNX file does not list conditions, each with name, unit, minimum and"
            " maximum: export the file anew."
        ) from error
