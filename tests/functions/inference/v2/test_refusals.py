"""Every malformed envelope has its 400 with a sentence that says what is wrong."""

import gzip
import tracemalloc
import zlib
from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.apps import assert_error
from tests.support.malformed import CASES, FLAT, ONE, one_input, one_output, sized
from tests.support.v2 import (
    HEADER_LENGTH,
    INFER,
    Envelope,
    binary_envelope,
    json_envelope,
    post,
)

CODE = "malformed_envelope"


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
    tracemalloc.start()
    try:
        sentence = assert_error(await post(client, bomb, **{PACKED: encoding}), 400, CODE, PACKED)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sentence == "The body is over the limit of 200000 bytes once it is unpacked."
    assert peak_bytes < 2_000_000


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
