"""Encoding of an engine's output as the bytes of an inference response."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from functions.core.errors import UnusableError
from functions.core.models.diagnosis import served_windows
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import Manifest
from functions.core.preprocessing.arrays import Float32Array
from functions.inference.v2.binary import encode_bytes
from functions.inference.v2.classification import classify
from functions.inference.v2.requests import LOGITS, InferenceRequest, RequestedOutput

if TYPE_CHECKING:
    from functions.core.bearings.lines import Evidence


@dataclass(frozen=True)
class InferenceAnswer:
    """The body of a response; header_bytes is the length of its JSON object where binary data follows."""

    body: bytes
    header_bytes: int | None


@dataclass(frozen=True)
class _Tensor:
    description: dict[str, Any]
    binary: bytes | None


def encode_answer(
    request: InferenceRequest, output: EngineOutput, manifest: Manifest, evidence: "Sequence[Evidence] | None" = None
) -> InferenceAnswer:
    """Return the response to a request.

    Args:
        request: the request as it was read.
        output: of the request's windows, logits float32 [B, K].
        manifest: of the model that answered.
        evidence: of each window's lines; None where the model reads none.

    Raises:
        UnusableError: the input's values are so large that the model's output is not finite.
    """
    if not np.isfinite(output.logits).all():
        raise UnusableError("The input's values are too large: the model's answer is not finite.", field="inputs[0]")
    probabilities = served_windows(output, manifest, evidence).astype(np.float32)
    tensors = [
        _tensor(asked, output.logits if asked.name == LOGITS else probabilities, manifest) for asked in request.outputs
    ]
    document = {
        "model_name": manifest.name,
        "model_version": manifest.version,
        **({} if request.id is None else {"id": request.id}),
        "outputs": [tensor.description for tensor in tensors],
    }
    header = msgspec.json.encode(document)
    binary = [tensor.binary for tensor in tensors if tensor.binary is not None]
    return InferenceAnswer(b"".join([header, *binary]), len(header) if binary else None)


def _tensor(asked: RequestedOutput, values: Float32Array, manifest: Manifest) -> _Tensor:
    if asked.classes:
        labels = [label.id for label in manifest.classes]
        rows = classify(values, labels, min(asked.classes, len(labels)))
        elements = [element for row in rows for element in row]
        return _described(asked, "BYTES", [len(rows), len(rows[0])], elements)
    return _described(asked, "FP32", list(values.shape), values)


def _described(
    asked: RequestedOutput, datatype: str, shape: Sequence[int], elements: Float32Array | list[str]
) -> _Tensor:
    description: dict[str, Any] = {"name": asked.name, "datatype": datatype, "shape": shape}
    if not asked.binary:
        data = elements if isinstance(elements, list) else elements.ravel().tolist()
        return _Tensor(description | {"data": data}, None)
    binary = encode_bytes(elements) if isinstance(elements, list) else elements.astype("<f4", copy=False).tobytes()
    return _Tensor(description | {"parameters": {"binary_data_size": len(binary)}}, binary)
