"""The binary envelope of requests and answers: a JSON object, then the tensors' bytes, one after another.

Source: triton-inference-server/server, docs/protocol/extension_binary_data.md.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from functions.core.errors import MalformedEnvelopeError

# The header with the length of the JSON object before the binary data, in bytes, of the unpacked body.
HEADER_LENGTH = "Inference-Header-Content-Length"
# Its value where the body is a model's only input, without any JSON.
RAW_REQUEST = 0


@dataclass(frozen=True)
class Split:
    """A body split in two: its JSON object, and the tensors' bytes; header_bytes is None where none may follow."""

    json: bytes
    tensors: memoryview
    header_bytes: int | None


def split_body(body: bytes, header: str | None) -> Split:
    """Split a request's body into JSON and binary data.

    Args:
        body: unpacked.
        header: the value of Inference-Header-Content-Length; without it the whole body is JSON.

    Raises:
        MalformedEnvelopeError: the header is no length, or one beyond the body.
    """
    if header is None:
        return Split(body, memoryview(b""), None)
    # Python refuses to read a number of thousands of digits, and isdecimal alone takes other scripts' digits.
    if not (header.isascii() and header.isdecimal() and len(header) <= 20):
        raise _fault(f"{HEADER_LENGTH} is {header[:40]!r}; it must be a number of bytes.")
    length = int(header)
    if length > len(body):
        raise _fault(f"{HEADER_LENGTH} is {length}, but the body has {len(body)} bytes.")
    return Split(body[:length], memoryview(body)[length:], length)


def tensor_bytes(split: Split, sizes: Sequence[int]) -> list[memoryview]:
    """Return the binary data of each input, in the order of the JSON object.

    Args:
        split: the body.
        sizes: `binary_data_size` of each input that has it.

    Raises:
        MalformedEnvelopeError: the sizes do not add up to what follows the JSON object.
    """
    if sizes and split.header_bytes is None:
        raise _fault(f"An input has binary_data_size, but the request has no header {HEADER_LENGTH}.")
    if sum(sizes) != len(split.tensors):
        raise MalformedEnvelopeError(
            f"The sizes do not add up: binary_data_size is {sum(sizes)} bytes in all,"
            f" but {len(split.tensors)} follow the JSON object.",
            field="binary_data_size",
        )
    return [split.tensors[end - size : end] for end, size in zip(accumulate(sizes), sizes, strict=True)]


def binary_size(parameters: dict[str, Any], field: str) -> int | None:
    """Return an input's `binary_data_size` in bytes, or None where it has none.

    Raises:
        MalformedEnvelopeError: it is no size.
    """
    size = parameters.get("binary_data_size")
    if size is None:
        return None
    if type(size) is not int or size < 0:
        raise MalformedEnvelopeError(
            "binary_data_size must be a number of bytes, 0 or more.", field=f"{field}.parameters.binary_data_size"
        )
    return size


def encode_bytes(elements: Sequence[str]) -> bytes:
    """Return the binary form of a BYTES tensor: each element behind its length, a 4-byte little-endian integer."""
    encoded = [element.encode() for element in elements]
    return b"".join(struct.pack("<I", len(element)) + element for element in encoded)


def _fault(sentence: str) -> MalformedEnvelopeError:
    return MalformedEnvelopeError(sentence, field=HEADER_LENGTH)
