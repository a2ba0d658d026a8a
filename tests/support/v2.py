"""Requests of the Open Inference Protocol for the tiny models, and their answers by arithmetic."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from tests.support.packages import GAIN, expected_probabilities
from tests.support.recordings import tone

HEADER_LENGTH = "Inference-Header-Content-Length"
INFER = "/v2/models/tiny/infer"
MEANS = (0.5, -0.25)
# Source: the protocol's table of tensor datatypes.
NUMPY: dict[str, Any] = {
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}


@dataclass(frozen=True)
class Envelope:
    """A body and the headers that belong to it."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def batch(*means: float) -> NDArray[np.float32]:
    """Windows float32 [B, 1, 2048] of these means."""
    return np.stack([tone(mean)[np.newaxis] for mean in means or MEANS])


def expected_logits(*means: float) -> NDArray[np.float64]:
    """Logits of the model `tiny` for windows of these means, [B, 3]."""
    return np.array([[GAIN * mean, 1.0, -GAIN * mean] for mean in means or MEANS])


def expected_rows(*means: float) -> NDArray[np.float64]:
    """The calibrated probabilities of windows of these means, [B, 3]."""
    return np.stack([expected_probabilities(mean) for mean in means or MEANS])


def tensor(windows: NDArray[Any], datatype: str = "FP32", **changes: Any) -> dict[str, Any]:
    """An input tensor with its data as JSON, flat; changes replace members, None drops them."""
    members = {"name": "signal", "shape": list(windows.shape), "datatype": datatype, "data": windows.ravel().tolist()}
    return {name: value for name, value in (members | changes).items() if value is not None}


def json_envelope(windows: NDArray[Any], **members: Any) -> Envelope:
    """A request that is JSON throughout."""
    return Envelope(json.dumps({"inputs": [tensor(windows)]} | members).encode())


def binary_envelope(windows: NDArray[Any], datatype: str = "FP32", **members: Any) -> Envelope:
    """A request with binary data behind its JSON object."""
    data = windows.tobytes()
    described = tensor(windows[:0], datatype, data=None, shape=list(windows.shape))
    document = {"inputs": [described | {"parameters": {"binary_data_size": len(data)}}]} | members
    return enclose(document, data)


def enclose(document: Any, data: bytes) -> Envelope:
    """A JSON object, binary data behind it, and the header with the length of the object."""
    header = json.dumps(document).encode()
    return Envelope(header + data, {HEADER_LENGTH: str(len(header))})


def raw_envelope(windows: NDArray[Any]) -> Envelope:
    """A request of a tensor's bytes alone."""
    return Envelope(windows.tobytes(), {HEADER_LENGTH: "0"})


async def post(client: httpx.AsyncClient, envelope: Envelope, path: str = INFER, **headers: str) -> httpx.Response:
    """POST an envelope as curl would."""
    return await client.post(path, content=envelope.body, headers=envelope.headers | headers)


def read_answer(response: httpx.Response) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Return the JSON object of an answer and its FP32 outputs, from wherever their data stands."""
    length = int(response.headers.get(HEADER_LENGTH, len(response.content)))
    document, rest = json.loads(response.content[:length]), response.content[length:]
    arrays = {}
    for output in document["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            values = np.array(output["data"], dtype=np.float32)
        else:
            values, rest = np.frombuffer(rest[:size], dtype="<f4"), rest[size:]
        arrays[output["name"]] = values.reshape(output["shape"])
    assert rest == b""
    return document, arrays
