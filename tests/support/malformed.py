"""Malformed envelopes for the model `tiny`, and the error of each."""

import json
from typing import Any

import numpy as np

from tests.support.v2 import HEADER_LENGTH, Envelope, batch, binary_envelope, enclose, json_envelope, tensor

ONE = batch(0.5)
DATA = ONE.tobytes()


def described(**changes: Any) -> dict[str, Any]:
    """A tensor whose 8192 bytes follow the JSON object; changes replace members."""
    return tensor(ONE, data=None) | {"parameters": {"binary_data_size": len(DATA)}} | changes


def one_input(**changes: Any) -> Envelope:
    """A JSON request with one input; changes replace its members, None drops them."""
    return json_envelope(ONE, inputs=[tensor(ONE, **changes)])


def one_output(**parameters: Any) -> Envelope:
    return json_envelope(ONE, outputs=[{"name": "logits", "parameters": parameters}])


def sized(size: Any, data: bytes = DATA) -> Envelope:
    return enclose({"inputs": [described(parameters={"binary_data_size": size})]}, data)


def headed(length: str) -> Envelope:
    return Envelope(binary_envelope(ONE).body, {HEADER_LENGTH: length})


HEADER = "Inference-Header-Content-Length"
NO_LENGTH = "must be a number of bytes"
DISAGREE = "Shape and data disagree"
FLAT = ONE.ravel().tolist()

CASES: dict[str, tuple[Envelope, str, str | None]] = {
    # the header
    "header length beyond the body": (headed("99999"), "is 99999, but the body has 8309 bytes", HEADER),
    "header length that is text": (headed("abc"), NO_LENGTH, HEADER),
    "header length below zero": (headed("-1"), NO_LENGTH, HEADER),
    "header length with a fraction": (headed("1.5"), NO_LENGTH, HEADER),
    "header length of thousands of digits": (headed("9" * 5000), NO_LENGTH, HEADER),
    "empty header length": (headed(""), NO_LENGTH, HEADER),
    "header length within the JSON": (headed("10"), "is not JSON", None),
    "header length within the data": (headed("200"), "is not JSON", None),
    "binary data without the header": (
        Envelope(json.dumps({"inputs": [described()]}).encode()),
        f"no header {HEADER}",
        HEADER,
    ),
    # raw requests
    "raw request of half a window": (
        Envelope(DATA[:-4], {HEADER_LENGTH: "0"}),
        "whole windows of 8192 bytes (FP32 [1, 2048]); this one has 8188 bytes",
        None,
    ),
    "raw request of nothing": (Envelope(b"", {HEADER_LENGTH: "0"}), "this one has 0 bytes", None),
    "raw request over the limit": (
        Envelope(DATA * 5, {HEADER_LENGTH: "0"}),
        "has 5 windows; one request may have 1 to 4",
        "inputs[0].shape",
    ),
    # the JSON object
    "no body": (Envelope(b""), "is not JSON", None),
    "no JSON": (Envelope(b"{"), "is not JSON", None),
    "no UTF-8": (Envelope(b"\xff\xfe\xfa{}"), "is not JSON", None),
    "no object": (Envelope(b"[]"), "must be a JSON object", None),
    "null": (Envelope(b"null"), "must be a JSON object", None),
    "nesting without end": (Envelope(b"[" * 100_000), "nested too deeply", None),
    "number without end": (Envelope(b'{"id": ' + b"9" * 5000 + b"}"), "endless number", None),
    "half a surrogate pair in id": (json_envelope(ONE, id="\ud800"), "no Unicode", None),
    "half a surrogate pair in a parameter": (json_envelope(ONE, parameters={"\udfff": 1}), "no Unicode", None),
    "half a surrogate pair in a short object": (Envelope(b'{"id": "\\ud800"}'), "no Unicode", None),
    "very many members": (
        json_envelope(ONE, **{str(index): 1 for index in range(100)}),
        "has 101 members; at most 100 are read",
        None,
    ),
    "very many members and no plain numbers": (
        json_envelope(ONE, inputs=[], **{str(index): None for index in range(100)}),
        "has 101 members",
        None,
    ),
    "very many members of an input": (
        one_input(**{str(index): 1 for index in range(100)}),
        "has 104 members; at most 100 are read",
        None,
    ),
    "id that is a number": (json_envelope(ONE, id=42), "id must be a string", "id"),
    "parameters that are no object": (json_envelope(ONE, parameters=[1]), "must be an object", "parameters"),
    "binary_data_output that is text": (
        json_envelope(ONE, parameters={"binary_data_output": "true"}),
        "must be true or false",
        "parameters.binary_data_output",
    ),
    # the inputs
    "no inputs": (Envelope(b"{}"), "must have a list of input tensors", "inputs"),
    "inputs that are no list": (json_envelope(ONE, inputs={}), "must have a list of input tensors", "inputs"),
    "input that is no object": (json_envelope(ONE, inputs=[1]), "must have a list of input tensors", "inputs"),
    "empty inputs": (json_envelope(ONE, inputs=[]), "has 0 inputs; the model takes 1", "inputs"),
    "very many inputs": (json_envelope(ONE, inputs=[{}] * 20_000), "has 20000 inputs; the model takes 1", "inputs"),
    "two inputs": (json_envelope(ONE, inputs=[tensor(ONE)] * 2), "has 2 inputs; the model takes 1", "inputs"),
    "input whose name is nested deeply": (
        Envelope(json.dumps({"inputs": [tensor(ONE, name="?")]}).replace('"?"', "[" * 900 + "]" * 900).encode()),
        "no input '[...]'",
        "inputs[0].name",
    ),
    "unknown input": (one_input(name="x"), "no input 'x'; the model's is 'signal'", "inputs[0].name"),
    "input without a name": (one_input(name=None), "no input 'None'", "inputs[0].name"),
    "input parameters that are no object": (one_input(parameters=3), "must be an object", "inputs[0].parameters"),
    "shared memory input": (
        one_input(data=None, parameters={"shared_memory_region": "r", "shared_memory_byte_size": 8192}),
        "Shared memory is not offered",
        "inputs[0].parameters",
    ),
    # datatypes
    "unknown datatype": (
        one_input(datatype="FP8"),
        "There is no datatype 'FP8'; there are UINT8",
        "inputs[0].datatype",
    ),
    "datatype in lower case": (one_input(datatype="fp32"), "no datatype 'fp32'", "inputs[0].datatype"),
    "no datatype": (one_input(datatype=None), "no datatype 'None'", "inputs[0].datatype"),
    "datatype that is a list": (one_input(datatype=["FP32"]), "There is no datatype", "inputs[0].datatype"),
    "BOOL": (one_input(datatype="BOOL", data=[True] * 2048), "BOOL holds no numbers", "inputs[0].datatype"),
    "BYTES": (one_input(datatype="BYTES", data=["a"] * 2048), "BYTES holds no numbers", "inputs[0].datatype"),
    "BF16 in JSON": (one_input(datatype="BF16"), "BF16 has no form in JSON", "inputs[0].data"),
    # shapes
    "no shape": (one_input(shape=None), "shape must be a list of whole numbers", "inputs[0].shape"),
    "shape that is a number": (one_input(shape=2048), "must be a list of whole numbers", "inputs[0].shape"),
    "shape with a fraction": (one_input(shape=[1, 1, 2048.0]), "list of whole numbers", "inputs[0].shape"),
    "shape with a truth value": (one_input(shape=[True, 1, 2048]), "list of whole numbers", "inputs[0].shape"),
    "negative dimension": (one_input(shape=[-1, 1, 2048]), "has a negative dimension", "inputs[0].shape"),
    "two negative dimensions": (one_input(shape=[-1, -1, 2048]), "negative dimension", "inputs[0].shape"),
    "overflowing shape": (one_input(shape=[2**40, 2**40, 2048]), "shape overflows", "inputs[0].shape"),
    "overflowing dimension": (one_input(shape=[0, 1, 2**64]), "shape overflows", "inputs[0].shape"),
    "shape of wrong rank": (one_input(shape=[2048]), "is [2048]; the model takes [-1, 1, 2048]", "inputs[0].shape"),
    "shape of very many dimensions": (one_input(shape=[1] * 50_000), "the model takes", "inputs[0].shape"),
    "no dimensions": (one_input(shape=[]), "is []; the model takes", "inputs[0].shape"),
    "wrong channels": (one_input(shape=[1, 2, 2048]), "is [1, 2, 2048]; the model takes", "inputs[0].shape"),
    "wrong window": (one_input(shape=[1, 1, 100]), "the model takes [-1, 1, 2048]", "inputs[0].shape"),
    "empty batch": (one_input(shape=[0, 1, 2048], data=[]), "has 0 windows", "inputs[0].shape"),
    "batch over the limit": (
        binary_envelope(np.zeros((5, 1, 2048), np.float32)),
        "has 5 windows; one request may have 1 to 4",
        "inputs[0].shape",
    ),
    # data as JSON
    "fewer elements than the shape": (
        one_input(data=FLAT[:-1]),
        f"{DISAGREE}: [1, 1, 2048] is 2048 elements, the data has 2047",
        "inputs[0].data",
    ),
    "more elements than the shape": (one_input(data=[*FLAT, 0.0]), "the data has 2049", "inputs[0].data"),
    "no elements": (one_input(data=[]), "the data has 0", "inputs[0].data"),
    "data nested too little": (one_input(data=[FLAT]), f"{DISAGREE}: dimension 1", "inputs[0].data"),
    "data nested too deeply": (one_input(data=[[[[x] for x in FLAT]]]), "a value of type list", "inputs[0].data"),
    "data nested in part": (one_input(data=[FLAT[:5], *FLAT[5:]]), DISAGREE, "inputs[0].data"),
    "ragged data": (
        json_envelope(ONE, inputs=[tensor(ONE, shape=[2, 1, 2048], data=[[FLAT[:-1]], [[*FLAT, 0.0]]])]),
        f"{DISAGREE}: dimension 2",
        "inputs[0].data",
    ),
    "an element in brackets": (one_input(data=[*FLAT[:-1], [0.5]]), DISAGREE, "inputs[0].data"),
    "an element in brackets and outputs that are none": (
        json_envelope(ONE, inputs=[tensor(ONE, data=[*FLAT[:-1], [0.5]])], outputs=None),
        DISAGREE,
        "inputs[0].data",
    ),
    "an element in brackets and a shape that is none": (
        one_input(shape=2048, data=[*FLAT[:-1], [0.5]]),
        "must be a list of whole numbers",
        "inputs[0].shape",
    ),
    "data that is text": (one_input(data="abc"), "data must be a list", "inputs[0].data"),
    "data with text": (one_input(data=[*FLAT[:-1], "1"]), "a value of type str", "inputs[0].data"),
    "data with null": (one_input(data=[*FLAT[:-1], None]), "a value of type null", "inputs[0].data"),
    "data with truth values": (one_input(data=[*FLAT[:-1], True]), "a value of type bool", "inputs[0].data"),
    "fractions in an integer datatype": (one_input(datatype="INT16"), "whole numbers only", "inputs[0].data"),
    "value below its datatype": (
        one_input(datatype="UINT8", data=[0] * 2047 + [-1]),
        "outside UINT8, 0 to 255",
        "inputs[0].data",
    ),
    "value above its datatype": (
        one_input(datatype="INT8", data=[0] * 2047 + [128]),
        "outside INT8, -128 to 127",
        "inputs[0].data",
    ),
    "value above 64 bits": (
        one_input(datatype="UINT64", data=[0] * 2047 + [2**64]),
        "outside UINT64",
        "inputs[0].data",
    ),
    # data as bytes
    "both data and binary size": (
        enclose({"inputs": [described(data=FLAT)]}, DATA),
        "both data and binary_data_size",
        "inputs[0].data",
    ),
    "neither data nor binary size": (one_input(data=None), "neither data nor binary_data_size", "inputs[0].data"),
    "binary size beyond the data": (
        sized(8196),
        "do not add up: binary_data_size is 8196 bytes in all, but 8192 follow",
        "binary_data_size",
    ),
    "binary size short of the data": (sized(8188), "is 8188 bytes in all, but 8192 follow", "binary_data_size"),
    "data that no input claims": (
        enclose({"inputs": [tensor(ONE)]}, b"more"),
        "is 0 bytes in all, but 4 follow",
        "binary_data_size",
    ),
    "binary size that is not the shape's": (
        sized(4096, DATA[:4096]),
        f"{DISAGREE}: FP32 [1, 1, 2048] is 8192 bytes, binary_data_size is 4096",
        "inputs[0].parameters.binary_data_size",
    ),
    "binary size that is not the datatype's": (
        enclose({"inputs": [described(datatype="FP64")]}, DATA),
        "FP64 [1, 1, 2048] is 16384 bytes",
        "inputs[0].parameters.binary_data_size",
    ),
    "negative binary size": (sized(-8192), "0 or more", "inputs[0].parameters.binary_data_size"),
    "binary size that is text": (sized("8192"), "0 or more", "inputs[0].parameters.binary_data_size"),
    "binary size that is true": (sized(True), "0 or more", "inputs[0].parameters.binary_data_size"),
    # the outputs
    "unknown output": (
        json_envelope(ONE, outputs=[{"name": "logits"}, {"name": "x"}]),
        "There is no output 'x'; there are logits, probabilities.",
        "outputs[1].name",
    ),
    "output without a name": (json_envelope(ONE, outputs=[{}]), "no output 'None'", "outputs[0].name"),
    "output whose name is a list": (json_envelope(ONE, outputs=[{"name": []}]), "no output '[...]'", "outputs[0].name"),
    "outputs that are no list": (json_envelope(ONE, outputs="logits"), "must be a list of objects", "outputs"),
    "output that is no object": (json_envelope(ONE, outputs=["logits"]), "must be a list of objects", "outputs"),
    "output asked for twice": (json_envelope(ONE, outputs=[{"name": "logits"}] * 2), "asked for twice", "outputs"),
    "very many outputs": (json_envelope(ONE, outputs=[{"name": "logits"}] * 5000), "asked for twice", "outputs"),
    "output parameters that are no object": (
        json_envelope(ONE, outputs=[{"name": "logits", "parameters": "x"}]),
        "must be an object",
        "outputs[0].parameters",
    ),
    "binary_data that is a number": (
        one_output(binary_data=1),
        "binary_data must be true or false",
        "outputs[0].parameters.binary_data",
    ),
    "classification below zero": (
        one_output(classification=-1),
        "a number of classes, 0 or more",
        "outputs[0].parameters.classification",
    ),
    "classification with a fraction": (
        one_output(classification=1.5),
        "a number of classes",
        "outputs[0].parameters.classification",
    ),
    "shared memory output": (
        one_output(shared_memory_region="r"),
        "Shared memory is not offered",
        "outputs[0].parameters",
    ),
}
