"""Answers where something is broken or overloaded: 429, 500 and 503, with their log lines."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from msgspec.structs import replace

from functions.core.models import models
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import BlockingEngine, RaisingEngine, assert_error, client_of, predict_tone
from tests.support.packages import FILE
from tests.support.recordings import tone
from tests.support.waiting import SECONDS


@pytest.fixture
def blocking(monkeypatch: pytest.MonkeyPatch) -> BlockingEngine:
    engine = BlockingEngine()
    monkeypatch.setattr(models, "OnnxEngine", lambda *_: engine)
    return engine


@asynccontextmanager
async def at_work(client: httpx.AsyncClient, engine: BlockingEngine, count: int) -> AsyncIterator[list[Any]]:
    """So many requests that are inside the engine; they end with the block."""
    tasks = [asyncio.create_task(predict_tone(client)) for _ in range(count)]
    try:
        for _ in tasks:
            assert await asyncio.to_thread(engine.begun.acquire, timeout=SECONDS)
        yield tasks
    finally:
        engine.release.set()
        await asyncio.gather(*tasks)


async def test_a_request_at_work_does_not_block_the_event_loop(settings: Settings, blocking: BlockingEngine) -> None:
    async with client_of(create_app(settings)) as client:
        async with at_work(client, blocking, 1) as tasks:
            for path in ("/health", "/models", "/openapi.json"):
                assert (await client.get(path)).status_code == 200
            assert not tasks[0].done()
        assert tasks[0].result().status_code == 200


async def test_one_request_too_many_gets_a_time_to_retry(settings: Settings, blocking: BlockingEngine) -> None:
    async with client_of(create_app(replace(settings, max_pending=2))) as client:
        async with at_work(client, blocking, 2) as tasks:
            response = await predict_tone(client)
            assert assert_error(response, 429, "too_many_requests", None).startswith("2 requests are in work")
            assert response.headers["retry-after"] == "1"
            assert (await client.get("/health")).status_code == 200
        assert [task.result().status_code for task in tasks] == [200, 200]
        assert (await predict_tone(client)).status_code == 200


async def test_a_defect_in_the_engine_reveals_nothing_and_is_logged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, read_log: Any
) -> None:
    monkeypatch.setattr(models, "OnnxEngine", lambda *_: RaisingEngine())
    async with client_of(create_app(settings)) as client:
        response = await predict_tone(client)
    sentence = assert_error(response, 500, "internal_error", None)
    assert sentence == "Something went wrong here; the request id finds it in the log."
    assert "secret" not in response.text
    errors = [line for line in read_log() if line["level"] == "ERROR"]
    assert [line["request_id"] for line in errors] == [response.headers["x-request-id"]]
    assert "RuntimeError: secret detail of 1 windows" in errors[0]["exc_info"]


def change_byte(folder: Path) -> None:
    content = bytearray((folder / FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / FILE).write_bytes(content)


def remove_file(folder: Path) -> None:
    (folder / FILE).unlink()


def break_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            change_byte,
            f"The model file {FILE} is not the one its manifest was written for (sha256 differs): install the package"
            " anew.",
        ),
        (remove_file, f"The model file {FILE} cannot be read: install the package anew."),
        (break_manifest, "The manifest of tiny 10 is broken: install the package anew."),
    ],
)
async def test_a_damaged_package_is_a_503_and_a_log_line(
    settings: Settings, own_models_dir: Path, read_log: Any, damage: Callable[[Path], None], sentence: str
) -> None:
    damage(own_models_dir / "tiny" / "10")
    async with client_of(create_app(replace(settings, models_dir=own_models_dir))) as client:
        for _ in range(2):
            response = await predict_tone(client)
            assert assert_error(response, 503, "model_unavailable", None) == sentence
            assert response.headers["retry-after"] == "30"
        assert (await predict_tone(client, version="2")).status_code == 200
        await assert_unhealthy(client)
    logged = [line for line in read_log() if line["level"] == "ERROR" and line.get("code") == "model_unavailable"]
    assert [line["message"] for line in logged[:2]] == [sentence, sentence]
    assert response.headers["x-request-id"] in {line["request_id"] for line in logged}


async def assert_unhealthy(client: httpx.AsyncClient) -> None:
    response = await client.get("/health")
    health = response.json()
    assert response.status_code == 503
    assert response.headers["retry-after"] == "30"
    assert (health["status"], health["model_loaded"], health["model"]) == ("unhealthy", False, None)


async def test_a_broken_package_hides_no_other(settings: Settings, own_models_dir: Path, read_log: Any) -> None:
    break_manifest(own_models_dir / "tiny-pair" / "1")
    async with client_of(create_app(replace(settings, models_dir=own_models_dir))) as client:
        answer = (await client.get("/models")).json()
    assert [model["name"] for model in answer["models"]] == ["tiny", "tiny-plain"]
    assert answer["unavailable"] == ["tiny-pair"]
    assert [line["message"] for line in read_log() if line["level"] == "ERROR"] == [
        "The manifest of tiny-pair 1 is broken: install the package anew."
    ]


async def test_a_missing_default_model_is_a_503(settings: Settings) -> None:
    async with client_of(create_app(replace(settings, default_model="absent"))) as client:
        await assert_unhealthy(client)
        assert_error(await predict_tone(client), 503, "model_unavailable", None)
        assert (await predict_tone(client, model="tiny")).status_code == 200


async def test_no_signal_value_reaches_the_log(settings: Settings, read_log: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(models, "OnnxEngine", lambda *_: RaisingEngine())
    marker = 987.654321
    signal = [marker, *tone(0.5).tolist()]
    bodies: dict[str, str | bytes] = {
        "application/json": json.dumps({"signal": signal}),
        "text/csv": "\n".join(map(str, signal)),
        "application/octet-stream": np.array(signal, "<f4").tobytes(),
    }
    broken: dict[str, str | bytes] = {
        "application/json": f'{{"signal": [{marker}, "x"]}}',
        "text/csv": f"{marker}\nword\n{marker}\n",
    }
    async with client_of(create_app(settings)) as client:
        statuses = [
            (await client.post("/predict", content=body, headers={"content-type": kind})).status_code
            for kind, body in [*bodies.items(), *broken.items()]
        ]
    assert statuses == [500, 500, 500, 422, 400]
    assert len(read_log()) == 8
    assert "987.65" not in json.dumps(read_log())


async def test_health_answers_also_when_every_worker_is_at_work(settings: Settings, blocking: BlockingEngine) -> None:
    async with client_of(create_app(replace(settings, max_pending=64))) as client:
        async with at_work(client, blocking, 2):
            waiting = [asyncio.create_task(predict_tone(client)) for _ in range(40)]
            await asyncio.sleep(0)
            assert (await asyncio.wait_for(client.get("/health"), timeout=SECONDS)).status_code == 200
        assert {response.status_code for response in await asyncio.gather(*waiting)} == {200}


async def test_a_missing_default_model_is_no_fault_of_the_caller(settings: Settings) -> None:
    async with client_of(create_app(replace(settings, default_model="absent"))) as client:
        for path in ("/model/info", "/health"):
            response = await client.get(path)
            assert (response.status_code, response.headers["retry-after"]) == (503, "30")


async def test_a_defect_also_reaches_the_page_that_asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "OnnxEngine", lambda *_: RaisingEngine())
    origin = "https://plant.example.org"
    async with client_of(create_app(replace(settings, cors_origins=[origin])), origin=origin) as client:
        response = await predict_tone(client)
    assert_error(response, 500, "internal_error", None)
    assert response.headers["access-control-allow-origin"] == origin
