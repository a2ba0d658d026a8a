"""The protocol's datatypes, and the conversion of each to the float32 that a model takes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.core.errors import MalformedEnvelopeError
from functions.core.preprocessing.arrays import Float32Array, as_float32
from functions.inference.v2.json_envelope import shown

# Source: Open Inference Protocol, "Tensor Data Types"; binary data is little-endian.
_STORAGE: Mapping[str, np.dtype[Any]] = {
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
# A datatype of Triton's: the upper half of a float32. NumPy has no such type.
BFLOAT16 = "BF16"
NUMERIC = (*_STORAGE, BFLOAT16)
_NOT_NUMERIC = ("BOOL", "BYTES")


def check_datatype(name: Any, field: str) -> str:
    """Check that a datatype holds numbers, and return its name.

    Raises:
        MalformedEnvelopeError: there is no such datatype, or it holds no numbers.
    """
    if name in _NOT_NUMERIC:
        raise MalformedEnvelopeError(f"The datatype {name} holds no numbers; the model takes FP32.", field=field)
    if name not in NUMERIC:
        known = ", ".join((*NUMERIC, *_NOT_NUMERIC))
        raise MalformedEnvelopeError(f"There is no datatype {shown(name)}; there are {known}.", field=field)
    return str(name)


def item_bytes(datatype: str) -> int:
    """Return the bytes of one element."""
    return 2 if datatype == BFLOAT16 else _STORAGE[datatype].itemsize


def is_integer(datatype: str) -> bool:
    """Whether a datatype holds whole numbers."""
    return datatype != BFLOAT16 and _STORAGE[datatype].kind in "iu"


def from_bytes(data: memoryview, datatype: str) -> Float32Array:
    """Return binary tensor data as float32 [N]; FP32 is not copied where its bytes are aligned.

    Args:
        data: a multiple of `item_bytes(datatype)` bytes.
        datatype: one of NUMERIC.
    """
    if datatype == BFLOAT16:
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view(np.float32)
    values = np.frombuffer(data, _STORAGE[datatype])
    # The JSON before the data may have any length, and the engine needs aligned floats.
    return as_float32(values if values.flags.aligned else values.copy())


def from_numbers(values: NDArray[Any], datatype: str, field: str) -> Float32Array:
    """Return the numbers of a JSON array as float32 [N], rounded first to their datatype.

    Args:
        values: int64, uint64 or object of whole numbers for integer datatypes, else float64.
        datatype: one of NUMERIC.
        field: where they stand, for the error.

    Raises:
        MalformedEnvelopeError: a number is outside its datatype's range, or the datatype has no JSON form.
    """
    if datatype == BFLOAT16:
        raise MalformedEnvelopeError("BF16 has no form in JSON; send it as binary data.", field=field)
    storage = _STORAGE[datatype]
    if is_integer(datatype):
        bounds = np.iinfo(storage)
        if values.min() < bounds.min or values.max() > bounds.max:
            raise MalformedEnvelopeError(
                f"A value is outside {datatype}, {bounds.min} to {bounds.max}.",
                field=field,
            )
    with np.errstate(over="ignore"):
        return as_float32(values.astype(storage))
