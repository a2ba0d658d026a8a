"""SageMaker's contract: /ping, and every kind of body at /invocations."""

import gzip
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.container import sagemaker
from functions.container.sagemaker import BINARY
from functions.core.settings import Settings
from tests.support.apps import JSON, assert_error, client_of
from tests.support.container import make_container
from tests.support.packages import FILE
from tests.support.recordings import npy_bytes, tone
from tests.support.v2 import HEADER_LENGTH, batch, binary_envelope, expected_logits, json_envelope, read_answer

FLOAT32 = tone(0.5).astype("<f4").tobytes()


async def invoke(door: httpx.AsyncClient, body: bytes, content_type: str, **headers: str) -> httpx.Response:
    return await door.post("/invocations", content=body, headers={"content-type": content_type} | headers)


def as_v2(response: httpx.Response) -> httpx.Response:
    """The same answer with its header's length where the protocol has it."""
    size = response.headers["content-type"].partition("json-header-size=")[2]
    return httpx.Response(200, headers={HEADER_LENGTH: size} if size else {}, content=response.content)


async def test_ping_says_that_it_can_serve(door: httpx.AsyncClient) -> None:
    answer = await door.get("/ping")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_ping_says_that_it_cannot(make_settings: Any, own_models_dir: Path) -> None:
    (own_models_dir / "tiny" / "10" / FILE).unlink()
    container = make_container(make_settings(models_dir=own_models_dir))
    async with client_of(container.served) as client:
        answer = await client.get("/ping")
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b"", "30")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"signal": tone(0.5).tolist()}).encode(), JSON),
        (FLOAT32, "application/octet-stream"),
        (npy_bytes(tone(0.5)), "application/x-npy"),
        ("\n".join(map(str, tone(0.5).tolist())).encode(), "text/csv"),
    ],
    ids=["json", "octets", "npy", "csv"],
)
async def test_a_recording_is_diagnosed(door: httpx.AsyncClient, body: bytes, content_type: str) -> None:
    answer = await invoke(door, body, content_type)
    assert (answer.status_code, answer.json()["class_id"]) == (200, "high")


async def test_a_packed_recording_is_unpacked(door: httpx.AsyncClient) -> None:
    body = gzip.compress(json.dumps({"signal": tone(0.5).tolist()}).encode())
    answer = await invoke(door, body, JSON, **{"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["class_id"]) == (200, "high")


async def test_a_batch_of_recordings_is_diagnosed(door: httpx.AsyncClient) -> None:
    body = json.dumps({"signals": [tone(0.5).tolist(), tone(-0.5).tolist()]}).encode()
    answer = await invoke(door, body, JSON)
    assert [one["class_id"] for one in answer.json()["predictions"]] == ["high", "low"]


async def test_a_request_of_the_protocol_is_answered_in_it(door: httpx.AsyncClient) -> None:
    answer = await invoke(door, json_envelope(batch(0.5), id="42").body, JSON)
    document, outputs = read_answer(as_v2(answer))
    assert (answer.headers["content-type"], document["id"]) == (JSON, "42")
    assert outputs["logits"] == pytest.approx(expected_logits(0.5), abs=1e-4)


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "json header"])
async def test_the_binary_media_type(door: httpx.AsyncClient, raw: bool) -> None:
    envelope = binary_envelope(batch(0.5, -0.25), parameters={"binary_data_output": True})
    size = "0" if raw else envelope.headers[HEADER_LENGTH]
    body = batch(0.5, -0.25).tobytes() if raw else envelope.body
    answer = await invoke(door, body, f"{BINARY};json-header-size={size}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(f"{BINARY};json-header-size=")
    assert read_answer(as_v2(answer))[1]["logits"] == pytest.approx(expected_logits(0.5, -0.25), abs=1e-4)


@pytest.mark.parametrize("parameter", ["", ";json-header-size=", ";json-header-size=many", ";json-header-size=-1"])
async def test_the_binary_media_type_without_its_size_is_a_400(door: httpx.AsyncClient, parameter: str) -> None:
    answer = await invoke(door, b"{}", BINARY + parameter)
    sentence = assert_error(answer, 400, "malformed_envelope", "Content-Type")
    assert sentence.endswith(f"for example {BINARY};json-header-size=131.")


async def test_a_size_beyond_the_body_is_a_400(door: httpx.AsyncClient) -> None:
    answer = await invoke(door, b"{}", f"{BINARY};json-header-size=3")
    sentence = assert_error(answer, 400, "malformed_envelope", "Content-Type")
    assert sentence == "json-header-size is 3, but the body has 2 bytes."


async def test_other_faults_of_the_binary_form_are_the_protocol_s(door: httpx.AsyncClient) -> None:
    answer = await invoke(door, b'{"inputs": []}', f"{BINARY};json-header-size=14")
    assert_error(answer, 400, "malformed_envelope", "inputs")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code", "field"),
    [
        (b"{", JSON, 400, "malformed_body", None),
        (b"", JSON, 400, "empty_body", None),
        (b'{"signal": [1, 2]}', JSON, 422, "signal_too_short", "signal"),
        (b'{"inputs": []}', JSON, 400, "malformed_envelope", "inputs"),
        (b"x", "application/xml", 415, "unsupported_media_type", "Content-Type"),
        (bytes(300_000), "application/octet-stream", 413, "body_too_large", None),
    ],
    ids=["broken", "empty", "short", "no inputs", "type", "large"],
)
async def test_what_cannot_be_answered_has_its_sentence(
    door: httpx.AsyncClient, body: bytes, content_type: str, status: int, code: str, field: str | None
) -> None:
    assert_error(await invoke(door, body, content_type), status, code, field)


async def test_a_body_at_the_limit_passes_and_one_beyond_does_not(settings: Settings, door: httpx.AsyncClient) -> None:
    body = b'{"signal": "' + b"x" * (settings.max_body_bytes - 14) + b'"}'
    assert (await invoke(door, body, JSON)).status_code == 422
    assert (await invoke(door, body + b" ", JSON)).status_code == 413


@pytest.mark.parametrize(("extra", "place"), [(0, "MainThread"), (600_000, "palier-worker")])
async def test_a_large_body_is_looked_through_in_a_worker(
    make_settings: Any, monkeypatch: pytest.MonkeyPatch, extra: int, place: str
) -> None:
    places: list[str] = []
    look = sagemaker._members_of

    def observed(body: bytes) -> sagemaker._Members:
        places.append(threading.current_thread().name)
        return look(body)

    monkeypatch.setattr(sagemaker, "_members_of", observed)
    async with client_of(make_container(make_settings(max_body_bytes=1_000_000)).served) as client:
        body = json.dumps({"signal": tone(0.5).tolist()}).encode() + b" " * extra
        assert (await invoke(client, body, JSON)).json()["class_id"] == "high"
    assert [name.partition("_")[0] for name in places] == [place]


@pytest.mark.parametrize("depth", [100, 200, 500, 900, 960, 980, 1000, 1020, 1100, 50_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"signals":[', '{"inputs":['])
async def test_what_is_nested_however_deeply_is_refused(door: httpx.AsyncClient, opening: str, depth: int) -> None:
    answer = await invoke(door, f'{{"padding":{opening * depth}'.encode(), JSON)
    assert answer.status_code in {400, 413, 422}


HIGH, LOW = tone(0.5).tolist(), tone(-0.5).tolist()
TABLE = [[high, low] for high, low in zip(HIGH, LOW, strict=True)]
COLUMN = [[value] for value in HIGH]


@pytest.mark.parametrize(
    ("document", "classes"),
    [
        ({"instances": [HIGH, LOW]}, ["high", "low"]),
        ({"inputs": [HIGH, LOW]}, ["high", "low"]),
        ({"data": [HIGH, LOW]}, ["high", "low"]),
        ({"instances": [{"signal": HIGH}, {"features": LOW}]}, ["high", "low"]),
        ({"dataframe_split": {"index": [0], "columns": ["signal"], "data": [[HIGH], [LOW]]}}, ["high", "low"]),
        ({"dataframe_records": [{"signal": HIGH}, {"signal": LOW}]}, ["high", "low"]),
        ({"instances": HIGH}, "high"),
        ({"data": HIGH}, "high"),
        ({"inputs": COLUMN}, "high"),
        ({"dataframe_split": {"columns": ["acc"], "data": COLUMN}}, "high"),
        ({"dataframe_split": {"columns": ["x", "y"], "data": TABLE}, "params": {"channel": "y"}}, "low"),
        ({"dataframe_records": [{"x": x, "y": y} for x, y in TABLE], "channel": "x"}, "high"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
async def test_formats_of_other_servers_clients(
    make_settings: Any, document: dict[str, Any], classes: list[str] | str
) -> None:
    container = make_container(make_settings(max_body_bytes=1_000_000))
    async with client_of(container.served) as client:
        answer = (await invoke(client, json.dumps(document).encode(), JSON)).json()
    found = [one["class_id"] for one in answer["predictions"]] if "predictions" in answer else answer.get("class_id")
    assert found == classes, answer


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        ({"instances": [HIGH], "data": [HIGH]}, 400, "malformed_body"),
        ({"instances": [HIGH], "signature_name": "x"}, 400, "malformed_body"),
        ({"instances": [{"a": 1}]}, 400, "malformed_body"),
        ({"instances": [{"signal": HIGH, "data": HIGH}]}, 422, "signal_shape"),
        ({"instances": [{}] * 5}, 413, "batch_too_large"),
        ({"instances": "x"}, 422, "signal_shape"),
        ({"instances": HIGH, "params": {"no": 1}}, 422, "unknown_option"),
        ({"dataframe_split": {"columns": ["a"], "data": []}}, 422, "signal_shape"),
        ({"dataframe_records": []}, 422, "signal_shape"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_habit_that_cannot_be_read_is_refused_with_the_shape_to_send(
    door: httpx.AsyncClient, document: dict[str, Any], status: int, code: str
) -> None:
    answer = await invoke(door, json.dumps(document).encode(), JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
