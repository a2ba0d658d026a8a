"""Reading of an inference request: its inputs, and the outputs that it asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.core.errors import MalformedEnvelopeError
from functions.inference.v2.binary import RAW_REQUEST, split_body
from functions.inference.v2.json_envelope import parameters_of, parse_envelope, shown, tensor_parameters
from functions.inference.v2.tensors import Expected, ModelInputs, read_inputs, read_raw

LOGITS = "logits"
PROBABILITIES = "probabilities"
# The outputs of every model, in this order, float32 [B, K].
OUTPUTS = (LOGITS, PROBABILITIES)


@dataclass(frozen=True)
class RequestedOutput:
    """An output that a request asks for: its name, its form, and how many classes (0: the numbers themselves)."""

    name: str
    binary: bool = False
    classes: int = 0


# The outputs of a request without JSON, which cannot name any.
_ALL_BINARY = tuple(RequestedOutput(name, binary=True) for name in OUTPUTS)


@dataclass(frozen=True)
class InferenceRequest:
    """A request that was read: the engine's inputs, the outputs asked for, and its id."""

    inputs: ModelInputs
    outputs: Sequence[RequestedOutput]
    id: str | None


def read_request(body: bytes, header_length: str | None, expected: Expected) -> InferenceRequest:
    """Read an inference request: JSON, JSON and binary data, or a raw tensor.

    Args:
        body: unpacked.
        header_length: the value of Inference-Header-Content-Length, if it was sent.
        expected: what the model takes.

    Raises:
        MalformedEnvelopeError: the request breaks the protocol; `field` names the place.
        ConditionMissingError: the model needs conditions of operation that were not sent.
        SignalNotFiniteError, ConditionRangeError: NaN, infinity, or a condition outside its range.
    """
    split = split_body(body, header_length)
    if split.header_bytes == RAW_REQUEST:
        return InferenceRequest(read_raw(split.tensors, expected), _ALL_BINARY, None)
    document = parse_envelope(split.json)
    return InferenceRequest(
        inputs=read_inputs(document.get("inputs"), split, expected),
        outputs=read_outputs(document),
        id=_id(document.get("id")),
    )


def read_outputs(document: dict[str, Any]) -> Sequence[RequestedOutput]:
    """Return the outputs a request asks for; without any, all of them.

    Raises:
        MalformedEnvelopeError: an unknown output or one named twice, or a parameter with a value it cannot have.
    """
    binary = _flag(parameters_of(document, "parameters"), "binary_data_output", "parameters", default=False)
    asked = document.get("outputs")
    if asked is None or asked == []:
        return [RequestedOutput(name, binary) for name in OUTPUTS]
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise MalformedEnvelopeError("outputs must be a list of objects with a name each.", field="outputs")
    outputs = [_read_output(one, f"outputs[{index}]", binary) for index, one in enumerate(asked[: len(OUTPUTS) + 1])]
    if len({output.name for output in outputs}) != len(outputs):
        raise MalformedEnvelopeError("An output is asked for twice.", field="outputs")
    return outputs


def _id(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise MalformedEnvelopeError("id must be a string.", field="id")
    return value


def _read_output(output: dict[str, Any], field: str, binary: bool) -> RequestedOutput:
    name = output.get("name")
    if name not in OUTPUTS:
        raise MalformedEnvelopeError(
            f"There is no output {shown(name)}; there are {', '.join(OUTPUTS)}.", field=f"{field}.name"
        )
    parameters = tensor_parameters(output, f"{field}.parameters")
    return RequestedOutput(
        str(name),
        _flag(parameters, "binary_data", f"{field}.parameters", default=binary),
        _classes(parameters.get("classification", 0), f"{field}.parameters.classification"),
    )


def _flag(parameters: dict[str, Any], name: str, field: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise MalformedEnvelopeError(f"{name} must be true or false.", field=f"{field}.{name}")
    return value


def _classes(value: Any, field: str) -> int:
    if type(value) is not int or value < 0:
        raise MalformedEnvelopeError("classification must be a number of classes, 0 or more.", field=field)
    return value
