"""Every row of the status table, over HTTP: exact status, code and field."""

import gzip
import json
import zlib
from typing import Any

import httpx
import numpy as np
import pytest
from msgspec.structs import replace

from functions.core.models.options import DiagnosisOptions
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import assert_error, client_of, post_json, predict_tone, short_id
from tests.support.packages import WINDOW
from tests.support.recordings import csv_text, npy_bytes, npy_with_header, tone, wav_bytes

JSON, RAW, NPY, CSV, WAV = (
    "application/json",
    "application/octet-stream",
    "application/x-npy",
    "text/csv",
    "audio/wav",
)
GOOD = tone(0.5)


def good_json(**options: Any) -> bytes:
    return json.dumps({"signal": GOOD.tolist()} | options).encode()


def with_sample(sample: str) -> bytes:
    return f'{{"signal": [1, 2, {sample}]}}'.encode()


@pytest.mark.parametrize(
    ("kind", "body", "status", "code", "field"),
    [
        # 400: the bytes are not what their type says
        (JSON, good_json()[:-5], 400, "malformed_body", None),
        (JSON, b"signal=1", 400, "malformed_body", None),
        (JSON, b"[1, 2, 3]", 400, "malformed_body", "signal"),
        (JSON, b"null", 400, "malformed_body", "signal"),
        (JSON, b"[" * 100_000, 400, "malformed_body", None),
        *((kind, b"", 400, "empty_body", None) for kind in (JSON, RAW, NPY, CSV, WAV)),
        (RAW, GOOD.tobytes()[:-1], 400, "malformed_body", "signal"),
        (NPY, b"\x93NUMPY\x01\x00\xff\xff{", 400, "malformed_body", "signal"),
        (NPY, npy_bytes(GOOD)[:-4], 400, "malformed_body", "signal"),
        (
            NPY,
            npy_with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"),
            400,
            "malformed_body",
            "signal",
        ),
        (NPY, b"PK\x03\x04" + bytes(100), 400, "malformed_body", "signal"),
        (WAV, b"RIFF" + bytes(40), 400, "malformed_body", "signal"),
        (WAV, wav_bytes(GOOD, subtype="PCM_16")[:-100], 422, "signal_too_short", "signal"),
        (WAV, wav_bytes(GOOD, 8000, "PCM_16", format="FLAC"), 400, "malformed_body", "signal"),
        (CSV, b"a,b\n", 400, "malformed_body", "signal"),
        (CSV, b"1,2\n3\n4,5\n", 400, "malformed_body", "signal"),
        (CSV, b"1\nword\n3\n", 400, "malformed_body", "signal"),
        ("text/csv; charset=utf-8", "Größe\n1\n".encode("latin-1"), 400, "malformed_body", "signal"),
        ("text/csv; charset=klingon", b"1\n2\n", 422, "invalid_option", "charset"),
        # 422: well-formed but unusable
        (JSON, b"{}", 422, "signal_missing", "signal"),
        (JSON, with_sample("NaN"), 422, "signal_not_finite", "signal"),
        (JSON, with_sample("Infinity"), 422, "signal_not_finite", "signal"),
        (JSON, with_sample("-Infinity"), 422, "signal_not_finite", "signal"),
        (JSON, with_sample("1e999"), 422, "signal_not_finite", "signal"),
        (JSON, with_sample("1" + "0" * 400), 422, "signal_not_finite", "signal"),
        (JSON, with_sample("1e39"), 422, "signal_not_finite", "signal"),
        (JSON, with_sample('"3"'), 422, "signal_not_numeric", "signal"),
        (JSON, with_sample("null"), 422, "signal_not_numeric", "signal"),
        (JSON, with_sample("true"), 422, "signal_not_numeric", "signal"),
        (JSON, with_sample("[3]"), 422, "signal_shape", "signal"),
        (JSON, b'{"signal": [[1, 2], [3]]}', 422, "signal_shape", "signal"),
        (JSON, b'{"signal": [[[1]]]}', 422, "signal_shape", "signal"),
        (JSON, b'{"signal": "1 2 3"}', 422, "signal_shape", "signal"),
        (JSON, b'{"signal": []}', 422, "signal_too_short", "signal"),
        (JSON, b'{"signal": [1, 2, 3]}', 422, "signal_too_short", "signal"),
        (JSON, json.dumps({"signal": [0.0] * WINDOW}).encode(), 422, "signal_constant", "signal"),
        (JSON, json.dumps({"signal": [GOOD.tolist()] * 2}).encode(), 422, "signal_shape", "signal"),
        (RAW, GOOD[:-1].tobytes(), 422, "signal_too_short", "signal"),
        (RAW, np.append(GOOD, np.float32(np.nan)).tobytes(), 422, "signal_not_finite", "signal"),
        (NPY, npy_bytes(GOOD.astype(int)), 422, "signal_dtype", "signal"),
        (NPY, npy_bytes(GOOD.astype(complex)), 422, "signal_dtype", "signal"),
        (NPY, npy_bytes(GOOD[:9].astype(str)), 422, "signal_dtype", "signal"),
        (NPY, npy_bytes(np.array([{}]), allow_pickle=True), 422, "signal_dtype", "signal"),
        (NPY, npy_bytes(np.tile(GOOD, (2, 2, 1))), 422, "signal_shape", "signal"),
        (WAV, wav_bytes(np.stack([GOOD, GOOD], axis=1)), 422, "signal_shape", "signal"),
        (WAV, wav_bytes(GOOD, subtype="ULAW"), 422, "signal_dtype", "signal"),
        (WAV, wav_bytes(GOOD, 50), 422, "sample_rate_out_of_range", "sample_rate_hz"),
        (CSV, csv_text([np.append(GOOD, np.nan)]).encode(), 422, "signal_not_finite", "signal"),
        # 413: over a limit
        (RAW, bytes(200_001), 413, "body_too_large", None),
        (RAW, tone(0.5, windows=21).tobytes(), 413, "recording_too_long", "signal"),
        # 415
        ("application/xml", good_json(), 415, "unsupported_media_type", "Content-Type"),
        ("application/x-www-form-urlencoded", good_json(), 415, "unsupported_media_type", "Content-Type"),
    ],
    ids=short_id,
)
async def test_a_body_that_cannot_be_used(
    client: httpx.AsyncClient, kind: str, body: bytes, status: int, code: str, field: str | None
) -> None:
    response = await client.post("/predict", content=body, headers={"content-type": kind})
    assert_error(response, status, code, field)


@pytest.mark.parametrize(
    ("options", "status", "code", "field"),
    [
        ({"sample_rate_hz": 0}, 422, "sample_rate_out_of_range", "sample_rate_hz"),
        ({"sample_rate_hz": -2048}, 422, "sample_rate_out_of_range", "sample_rate_hz"),
        ({"sample_rate_hz": 1e9}, 422, "sample_rate_out_of_range", "sample_rate_hz"),
        ({"sample_rate_hz": "nan"}, 422, "sample_rate_out_of_range", "sample_rate_hz"),
        ({"sample_rate_hz": "inf"}, 422, "sample_rate_out_of_range", "sample_rate_hz"),
        ({"sample_rate_hz": "fast"}, 422, "sample_rate_out_of_range", "sample_rate_hz"),
        ({"sample_rate": 2048}, 422, "unknown_option", "sample_rate"),
        ({"return_top_k": 0}, 422, "invalid_option", "return_top_k"),
        ({"return_probabilities": "maybe"}, 422, "invalid_option", "return_probabilities"),
        ({"asset_id": "a b"}, 422, "invalid_option", "asset_id"),
        ({"full_scale": -1}, 422, "invalid_option", "full_scale"),
        ({"sample_format": "int24"}, 422, "invalid_option", "sample_format"),
        ({"channel": "7"}, 422, "signal_shape", "channel"),
        ({"model": "absent"}, 404, "model_not_found", "model"),
        ({"model": "../tiny"}, 404, "model_not_found", "model"),
        ({"version": "3"}, 404, "version_not_found", "version"),
    ],
    ids=short_id,
)
@pytest.mark.parametrize("where", ["body", "query"])
async def test_an_option_that_cannot_be(
    client: httpx.AsyncClient, where: str, options: dict[str, Any], status: int, code: str, field: str
) -> None:
    if where == "body":
        response = await predict_tone(client, **options)
    else:
        response = await client.post("/predict", content=GOOD.tobytes(), headers={"content-type": RAW}, params=options)
    assert_error(response, status, code, field)


@pytest.mark.parametrize("value", [{"a": [1]}, [1]])
async def test_strange_json_in_options_is_refused(client: httpx.AsyncClient, value: Any) -> None:
    assert_error(await predict_tone(client, asset_id=value), 422, "invalid_option", "asset_id")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (csv_text([tone()]).encode(), "The bytes are text, not JSON: send them as text/csv."),
        (wav_bytes(tone()), "The bytes are wav, not JSON: send them as audio/wav."),
        (npy_bytes(tone()), "The bytes are npy, not JSON: send them as application/x-npy."),
        (tone(0.5).tobytes(), "no text, and so no JSON: send raw samples as application/octet-stream."),
        (b"\x1f\x8b" + bytes(40), "The bytes are gzip, not JSON: unpack them, or send them with Content-Encoding"),
    ],
    ids=["text", "WAV", "npy", "raw", "gzip"],
)
@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
async def test_what_is_no_json_is_named_with_the_media_type_to_send(
    client: httpx.AsyncClient, path: str, body: bytes, words: str
) -> None:
    answer = await client.post(path, content=body, headers={"content-type": "application/json"})
    assert words in assert_error(answer, 400, "malformed_body", "signal")


@pytest.mark.parametrize("member", [*DiagnosisOptions.__struct_fields__, "\ud800"])
@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
async def test_text_that_is_no_unicode_is_refused_wherever_it_stands(
    client: httpx.AsyncClient, path: str, member: str
) -> None:
    """Half a surrogate pair once was a 500 in most options."""
    member_of = {"/predict": {"signal": GOOD.tolist()}, "/predict/batch": {"signals": [GOOD.tolist()]}}
    response = await post_json(client, path, member_of[path] | {member: "\ud800"})
    assert "no Unicode" in assert_error(response, 400, "malformed_body", None)


async def test_a_member_whose_name_is_no_text_is_refused(client: httpx.AsyncClient) -> None:
    assert_error(await predict_tone(client, **{"\u0000": 1}), 422, "invalid_option", None)


async def test_many_members_are_refused(client: httpx.AsyncClient) -> None:
    response = await predict_tone(client, **{str(index): 1 for index in range(100)})
    assert_error(response, 400, "malformed_body", None)


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
async def test_a_channel_of_thousands_of_digits_is_refused(client: httpx.AsyncClient, path: str) -> None:
    body = {"signal": GOOD.tolist()} if path == "/predict" else {"signals": [GOOD.tolist()]}
    assert_error(await post_json(client, path, body | {"channel": "9" * 5000}), 422, "signal_shape", "channel")


async def test_a_file_that_promises_no_samples_in_many_rows_is_refused(client: httpx.AsyncClient) -> None:
    """128 bytes that once took all memory."""
    body = npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (100000000, 0), }")
    assert len(body) < 128
    headers = {"content-type": NPY}
    assert_error(await client.post("/predict", content=body, headers=headers), 422, "signal_shape", "signal")
    assert_error(await client.post("/predict/batch", content=body, headers=headers), 422, "signal_shape", "signals")


async def test_an_option_given_twice_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/predict?channel=0&version=2&version=10", content=GOOD.tobytes(), headers={"content-type": RAW}
    )
    assert assert_error(response, 422, "invalid_option", "version") == "The option 'version' is given twice."


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
async def test_a_missing_content_type_is_refused_and_the_accepted_ones_are_named(
    client: httpx.AsyncClient, path: str
) -> None:
    sentence = assert_error(await client.post(path, content=b"x"), 415, "unsupported_media_type", "Content-Type")
    assert [kind for kind in (JSON, RAW, NPY, CSV, WAV) if kind in sentence] == (
        [JSON, NPY] if path.endswith("batch") else [JSON, RAW, NPY, CSV, WAV]
    )


@pytest.mark.parametrize(
    ("encoding", "body", "status", "code", "field"),
    [
        ("br", b"x", 415, "unsupported_media_type", "Content-Encoding"),
        ("gzip", gzip.compress(good_json())[:-9], 400, "malformed_body", "Content-Encoding"),
        ("deflate", b"not packed", 400, "malformed_body", "Content-Encoding"),
        ("gzip", gzip.compress(bytes(100_000_000)), 413, "body_too_large", None),
        ("deflate", zlib.compress(bytes(200_001)), 413, "body_too_large", None),
        ("gzip", gzip.compress(b""), 400, "empty_body", None),
    ],
)
async def test_a_packing_that_cannot_be_read(
    client: httpx.AsyncClient, encoding: str, body: bytes, status: int, code: str, field: str | None
) -> None:
    headers = {"content-type": JSON, "content-encoding": encoding}
    assert_error(await client.post("/predict", content=body, headers=headers), status, code, field)


@pytest.mark.parametrize(
    ("kind", "body", "status", "code", "field"),
    [
        (JSON, b"", 400, "empty_body", None),
        (NPY, b"", 400, "empty_body", None),
        (JSON, b"{", 400, "malformed_body", None),
        (NPY, b"x", 400, "malformed_body", "signal"),
        (JSON, b'{"signal": [1]}', 422, "signal_missing", "signals"),
        (JSON, b'{"signals": []}', 422, "batch_empty", "signals"),
        (NPY, npy_bytes(np.zeros((0, WINDOW), np.float32)), 422, "batch_empty", "signals"),
        (JSON, json.dumps({"signals": [[1]] * 5}).encode(), 413, "batch_too_large", "signals"),
        (NPY, npy_bytes(np.zeros((5, 8), np.float32)), 413, "batch_too_large", "signals"),
        (JSON, json.dumps({"signals": [GOOD.tolist(), [1, 2]]}).encode(), 422, "signal_too_short", "signals[1]"),
        (JSON, json.dumps({"signals": [GOOD.tolist(), [None]]}).encode(), 422, "signal_not_numeric", "signals[1]"),
        (NPY, npy_bytes(np.stack([GOOD, GOOD * 0])), 422, "signal_constant", "signals[1]"),
        (NPY, npy_bytes(np.stack([GOOD, GOOD * np.nan])), 422, "signal_not_finite", "signals[1]"),
        (NPY, npy_bytes(GOOD), 422, "signal_shape", "signals"),
        (NPY, npy_bytes(np.stack([GOOD]).astype(int)), 422, "signal_dtype", "signal"),
        (JSON, json.dumps({"signals": [GOOD.tolist()], "model": "x"}).encode(), 404, "model_not_found", "model"),
        (JSON, json.dumps({"signals": [GOOD.tolist()], "signal": 1}).encode(), 422, "unknown_option", "signal"),
        (CSV, b"1\n", 415, "unsupported_media_type", "Content-Type"),
    ],
    ids=short_id,
)
async def test_a_batch_that_cannot_be_used(
    client: httpx.AsyncClient, kind: str, body: bytes, status: int, code: str, field: str | None
) -> None:
    response = await client.post("/predict/batch", content=body, headers={"content-type": kind})
    assert_error(response, status, code, field)


@pytest.mark.parametrize(
    ("content", "limit"), [({"signals": [[1]] * 5}, "the limit is 4"), ({"signals": [[0, 1] * 50_000]}, "200000 bytes")]
)
async def test_the_limit_is_named(client: httpx.AsyncClient, content: dict[str, Any], limit: str) -> None:
    response = await post_json(client, "/predict/batch", content)
    assert response.status_code == 413
    assert limit in response.json()["error"]


async def test_exactly_one_window_is_enough(client: httpx.AsyncClient) -> None:
    assert (await post_json(client, "/predict", {"signal": GOOD.tolist()})).status_code == 200
    short = await post_json(client, "/predict", {"signal": GOOD.tolist()[:-1]})
    sentence = assert_error(short, 422, "signal_too_short", "signal")
    assert sentence == "The signal has 2047 samples at 2048 Hz, 0.9995 s; one window needs 2048, 1 s."


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/predict", {"POST"}),
        ("GET", "/predict/batch", {"POST"}),
        ("DELETE", "/predict", {"POST"}),
        ("POST", "/health", {"GET", "HEAD"}),
        ("POST", "/models", {"GET", "HEAD"}),
        ("PUT", "/model/info", {"GET", "HEAD"}),
        ("POST", "/docs", {"GET", "HEAD"}),
    ],
)
async def test_another_method_is_not_allowed(
    client: httpx.AsyncClient, method: str, path: str, allowed: set[str]
) -> None:
    response = await client.request(method, path)
    assert_error(response, 405, "method_not_allowed", None)
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/predict/other", "/predict/", "/models/", "/docs/absent.js", "/docs/../app.py", "/docs/", "/v3"],
)
async def test_an_unknown_path_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert_error(await client.get(path), 404, "not_found", None)


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [("/models/absent", "model_not_found", "model"), ("/models/tiny?version=3", "version_not_found", "version")],
)
async def test_an_unknown_model_is_not_found(client: httpx.AsyncClient, path: str, code: str, field: str) -> None:
    assert_error(await client.get(path), 404, code, field)


async def test_the_limits_are_the_settings(settings: Settings) -> None:
    smaller = replace(settings, max_windows=1, max_body_bytes=30_000)
    async with client_of(create_app(smaller)) as client:
        headers = {"content-type": RAW}
        one, two = [await client.post("/predict", content=tone(0.5, n).tobytes(), headers=headers) for n in (1, 2)]
        over = await client.post("/predict", content=bytes(30_001), headers=headers)
    assert one.status_code == 200
    assert_error(two, 413, "recording_too_long", "signal")
    assert assert_error(over, 413, "body_too_large", None) == "The body is over the limit of 30000 bytes."
