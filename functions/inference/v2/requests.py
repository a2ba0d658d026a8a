"""From the bytes of an inference request to windows and wishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.errors import MalformedEnvelopeError
from functions.core.preprocessing.arrays import Float32Array
from functions.inference.v2.binary import RAW_REQUEST, split_body
from functions.inference.v2.json_envelope import parse_envelope
from functions.inference.v2.outputs import OUTPUTS, RequestedOutput, read_outputs
from functions.inference.v2.tensors import Expected, read_input, read_raw

# Who sends no JSON cannot ask for any.
_ALL_BINARY = tuple(RequestedOutput(name, binary=True) for name in OUTPUTS)


@dataclass(frozen=True)
class InferenceRequest:
    """A request that was understood: windows float32 [B, C, T], the outputs asked for, and its id."""

    windows: Float32Array
    outputs: Sequence[RequestedOutput]
    id: str | None


def read_request(body: bytes, header_length: str | None, expected: Expected) -> InferenceRequest:
    """Read an inference request: JSON, JSON and binary data, or a raw tensor.

    Args:
        body: unpacked.
        header_length: the value of Inference-Header-Content-Length, if it was sent.
        expected: what the model takes.

    Raises:
        MalformedEnvelopeError: the protocol is broken somewhere; `field` says where.
        SignalNotFiniteError: NaN or infinity.
    """
    split = split_body(body, header_length)
    if split.header_bytes == RAW_REQUEST:
        return InferenceRequest(read_raw(split.tensors, expected), _ALL_BINARY, None)
    document = parse_envelope(split.json)
    return InferenceRequest(
        windows=read_input(document.get("inputs"), split, expected),
        outputs=read_outputs(document),
        id=_id(document.get("id")),
    )


def _id(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise MalformedEnvelopeError("id must be a string.", field="id")
    return value
