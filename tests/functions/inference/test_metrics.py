"""The metrics that real requests through the app pass to the sinks."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.observability.emf import EmfSink
from functions.core.observability.metrics import Finding, RequestMetrics
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.conftest import MakeSettings
from tests.support.apps import RaisingEngine, client_of, post_json, predict_tone
from tests.support.emf import read_line, series
from tests.support.metrics import ListSink
from tests.support.recordings import tone

HIGH, LOW = Finding("tiny", "high"), Finding("tiny", "low")


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


@pytest.fixture
async def measured(settings: Settings, sink: ListSink) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_app(settings, sinks=[sink])) as client:
        yield client


def only(sink: ListSink) -> RequestMetrics:
    (request,) = sink.requests
    return request


async def test_a_prediction(measured: httpx.AsyncClient, sink: ListSink) -> None:
    answer = (await predict_tone(measured)).json()
    request = only(sink)
    assert (request.endpoint, request.status, request.cold_start, request.memory_percent) == (
        "predict",
        200,
        False,
        None,
    )
    assert request.tally.model == "tiny"
    assert request.tally.windows == answer["windows"] == 1
    assert request.tally.inference_ms == pytest.approx(answer["inference_time_ms"], abs=1e-3)
    assert request.tally.diagnoses == {Finding("tiny", answer["class_id"]): 1}
    assert request.latency_ms > request.tally.inference_ms > 0


async def test_a_batch_is_one_request_with_its_diagnoses(measured: httpx.AsyncClient, sink: ListSink) -> None:
    signals = [tone(0.5).tolist(), tone(0.5).tolist(), tone(0.5, 2).tolist()]
    answers = (await post_json(measured, "/predict/batch", {"signals": signals})).json()["predictions"]
    request = only(sink)
    assert (request.endpoint, request.status) == ("predict_batch", 200)
    assert request.tally.windows == sum(answer["windows"] for answer in answers)
    assert request.tally.diagnoses.total() == 3
    unlike = [answer["class_id"] for answer in answers if answer["in_distribution"] is False]
    assert request.tally.novel.total() == len(unlike)


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "status"),
    [
        ("GET", "/", "index", 200),
        ("GET", "/health", "health", 200),
        ("GET", "/models/nothing", "model", 404),
        ("GET", "/nowhere", "unmatched", 404),
        ("GET", "/nowhere/\u00e9%0A{}", "unmatched", 404),
        ("DELETE", "/predict", "predict", 405),
        ("POST", "/predict", "predict", 415),
    ],
)
async def test_every_request_is_counted_once(
    measured: httpx.AsyncClient, sink: ListSink, method: str, path: str, endpoint: str, status: int
) -> None:
    response = await measured.request(method, path)
    assert response.status_code == status
    assert (only(sink).endpoint, only(sink).status) == (endpoint, status)
    assert only(sink).tally.diagnoses == {}


async def test_requests_side_by_side_are_counted_apart(measured: httpx.AsyncClient, sink: ListSink) -> None:
    await asyncio.gather(*(predict_tone(measured) for _ in range(8)), measured.get("/health"))
    assert sorted((request.endpoint, request.tally.windows) for request in sink.requests) == [
        ("health", 0),
        *[("predict", 1)] * 8,
    ]


async def test_a_defect_is_counted_once_as_a_500(
    settings: Settings, sink: ListSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.core.models.models.OnnxEngine", lambda *_: RaisingEngine())
    async with client_of(create_app(settings, sinks=[sink])) as client:
        assert (await predict_tone(client)).status_code == 500
    assert (only(sink).status, only(sink).tally.windows) == (500, 0)


async def test_a_missing_model_is_counted_for_health_too(
    make_settings: MakeSettings, sink: ListSink, tmp_path: Path
) -> None:
    async with client_of(create_app(make_settings(models_dir=tmp_path), sinks=[sink])) as client:
        for path in ("/health", "/model/info"):
            await client.get(path)
        await predict_tone(client)
    assert [(one.status, one.tally.models_not_loaded) for one in sink.requests] == [(503, 1)] * 3


async def test_a_model_whose_bytes_were_changed_is_counted(
    make_settings: MakeSettings, sink: ListSink, own_models_dir: Path
) -> None:
    for file in own_models_dir.rglob("*.onnx"):
        file.write_bytes(file.read_bytes() + b"!")
    async with client_of(create_app(make_settings(models_dir=own_models_dir), sinks=[sink])) as client:
        for _ in range(2):
            await predict_tone(client)
        await predict_tone(client, model="nothing")
    assert [(one.status, one.tally.models_not_loaded) for one in sink.requests] == [(503, 1), (503, 1), (404, 0)]


async def test_a_key_store_that_cannot_be_read_is_counted(settings: Settings, sink: ListSink, tmp_path: Path) -> None:
    absent = replace(settings, api_keys_required=True, api_keys_file=tmp_path / "none.json")
    async with client_of(create_app(absent, sinks=[sink])) as client:
        await predict_tone(client)
    assert (only(sink).status, only(sink).tally.key_store_failures) == (503, 1)


async def test_no_key_and_no_sample_is_in_a_line(settings: Settings, tmp_path: Path) -> None:
    key, stored = create_key("press 4")
    store = tmp_path / "keys.json"
    store.write_bytes(write_key_ring(KeyRing(keys=[stored])))
    stream = io.StringIO()
    locked = replace(settings, api_keys_required=True, api_keys_file=store)
    app = create_app(locked, sinks=[EmfSink("prod", "inference", stream)])
    async with client_of(app, **{"x-api-key": key}) as client:
        assert (await predict_tone(client, asset_id="pump-7")).status_code == 200
    text = stream.getvalue()
    members = set(read_line(text.splitlines()[0])) - {"_aws"}
    assert members == {
        *("Stage", "Function", "Endpoint", "Model", "Class", "status", "request_id"),
        *("Requests", "ClientErrors", "ServerErrors", "Throttled", "ColdStart", "Latency"),
        *("InferenceTime", "Windows", "Diagnoses", "NovelDiagnoses"),
    }
    assert key.split("_", 2)[2] not in text
    assert series(text)[("Diagnoses", (("Stage", "prod"), ("Function", "inference")))] == 1
