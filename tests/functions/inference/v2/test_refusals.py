"""Every malformed envelope has its 400 with a sentence that says what is wrong."""

import gzip
import json
import time
import zlib
from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.apps import assert_error
from tests.support.v2 import (
    HEADER_LENGTH,
    INFER,
    Envelope,
    batch,
    binary_envelope,
    enclose,
    json_envelope,
    post,
    tensor,
)

ONE = batch(0.5)
DATA = ONE.tobytes()
CODE = "malformed_envelope"


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
    "two inputs": (json_envelope(ONE, inputs=[tensor(ONE)] * 2), "has 2 inputs; the model takes 1", "inputs"),
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
    "output whose name is a list": (json_envelope(ONE, outputs=[{"name": []}]), "no output '[]'", "outputs[0].name"),
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


@pytest.mark.parametrize("name", CASES)
async def test_a_malformed_envelope_is_a_400(client: httpx.AsyncClient, name: str) -> None:
    envelope, expected, field = CASES[name]
    sentence = assert_error(await post(client, envelope), 400, CODE, field)
    assert expected in sentence
    assert len(sentence) < 250


async def test_the_envelope_these_were_made_of_is_good(client: httpx.AsyncClient) -> None:
    for envelope in (one_input(), sized(8192), one_output(classification=1), binary_envelope(ONE)):
        assert (await post(client, envelope)).status_code == 200


PACKED = "Content-Encoding"


@pytest.mark.parametrize("envelope", [json_envelope(ONE), binary_envelope(ONE)], ids=["json", "binary"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_body_cut_short_is_a_400(client: httpx.AsyncClient, envelope: Envelope, encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    cut = Envelope(pack(envelope.body)[:-9], envelope.headers)
    sentence = assert_error(await post(client, cut, **{PACKED: encoding}), 400, "malformed_body", PACKED)
    assert sentence == "The packed body is cut short."


async def test_what_is_no_gzip_is_a_400(client: httpx.AsyncClient) -> None:
    response = await post(client, json_envelope(ONE), **{PACKED: "gzip"})
    assert "cannot be unpacked" in assert_error(response, 400, "malformed_body", PACKED)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br"])
async def test_another_packing_is_a_400(client: httpx.AsyncClient, encoding: str) -> None:
    sentence = assert_error(await post(client, json_envelope(ONE), **{PACKED: encoding}), 400, CODE, PACKED)
    assert sentence == f"Content-Encoding '{encoding}' is not accepted; send gzip, deflate or none."


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
async def test_a_bomb_is_a_400_before_it_has_gone_off(client: httpx.AsyncClient, pack: Any) -> None:
    """100 MB of zeros in 100 KB; the limit is 200,000 bytes."""
    bomb = Envelope(pack(bytes(100_000_000)))
    encoding = "gzip" if pack is gzip.compress else "deflate"
    started = time.perf_counter()
    sentence = assert_error(await post(client, bomb, **{PACKED: encoding}), 400, CODE, PACKED)
    assert sentence == "The body is over the limit of 200000 bytes once it is unpacked."
    assert time.perf_counter() - started < 1


async def test_a_body_over_the_limit_as_sent_is_a_413(client: httpx.AsyncClient) -> None:
    response = await post(client, Envelope(bytes(200_001)))
    assert_error(response, 413, "body_too_large", None)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", ["json", "binary", "raw", "FP16"])
async def test_what_is_not_finite_is_a_422(client: httpx.AsyncClient, value: float, form: str) -> None:
    """Well-formed, but no diagnosis can come of it; the native API says the same."""
    windows = ONE.copy()
    windows[0, 0, 7] = value
    envelope = {
        "json": lambda: json_envelope(windows),
        "binary": lambda: binary_envelope(windows),
        "raw": lambda: Envelope(windows.tobytes(), {HEADER_LENGTH: "0"}),
        "FP16": lambda: binary_envelope(windows.astype(np.float16), "FP16"),
    }[form]()
    field = "inputs" if form == "json" else "inputs[0]"
    sentence = assert_error(await post(client, envelope), 422, "signal_not_finite", field)
    assert ("which is no number" if form == "json" else "first at element 7") in sentence


@pytest.mark.parametrize("datatype", ["FP16", "FP32"])
async def test_what_its_datatype_cannot_hold_is_a_422(client: httpx.AsyncClient, datatype: str) -> None:
    envelope = one_input(datatype=datatype, data=[*FLAT[:-1], 1e39])
    assert_error(await post(client, envelope), 422, "signal_not_finite", "inputs[0]")


async def test_an_integer_beyond_every_float_is_a_422(client: httpx.AsyncClient) -> None:
    envelope = one_input(data=[*FLAT[:-1], 10**400])
    assert_error(await post(client, envelope), 422, "signal_not_finite", "inputs[0].data")


async def test_an_answer_that_is_no_number_is_a_422_and_never_sent(client: httpx.AsyncClient) -> None:
    windows = np.full((1, 1, 2048), 3e38, np.float32)
    sentence = assert_error(await post(client, binary_envelope(windows)), 422, "unusable", "inputs[0]")
    assert "the model's answer is not finite" in sentence


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [
        ("/v2/models/absent/infer", "model_not_found", "model"),
        ("/v2/models/tiny/versions/7/infer", "version_not_found", "version"),
        ("/v2/models/tiny/versions/x/infer", "version_not_found", "version"),
        ("/v2/models//infer", "not_found", None),
        ("/v2/models/tiny/versions//infer", "not_found", None),
        ("/v2/models/tiny/infer/more", "not_found", None),
    ],
)
async def test_an_unknown_model_version_or_path_is_a_404(
    client: httpx.AsyncClient, path: str, code: str, field: str | None
) -> None:
    assert_error(await post(client, json_envelope(ONE), path), 404, code, field)


async def test_another_method_is_a_405(client: httpx.AsyncClient) -> None:
    response = await client.get(INFER)
    assert_error(response, 405, "method_not_allowed", None)
    assert response.headers["allow"] == "POST"
    assert_error(await client.post("/v2"), 405, "method_not_allowed", None)
