"""The container answers as the inference function does, with batching and without."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from msgspec.structs import replace

from functions.container import app
from functions.container.app import Container, create_container
from functions.container.errors import ProviderUnavailableError
from functions.container.sagemaker import BINARY
from functions.container.settings import ContainerSettings
from functions.core.errors import ModelUnavailableError
from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.models import models
from functions.core.models.engine import EngineOutput
from functions.core.models.models import CpuEngines
from functions.core.preprocessing.arrays import Float32Array
from functions.core.settings import Settings
from tests.support.apps import BlockingEngine, assert_error, client_of, predict_tone
from tests.support.container import make_container
from tests.support.packages import FILE
from tests.support.recordings import tone
from tests.support.servers import serving
from tests.support.v2 import batch, binary_envelope, expected_logits, post, read_answer
from tests.support.waiting import SECONDS, until_async

MEANS = [round(0.05 * step, 2) for step in range(-8, 9)]


@pytest.mark.parametrize("batching", [True, False])
async def test_many_at_once_get_what_each_alone_gets(settings: Settings, batching: bool) -> None:
    container = make_container(settings, batching=batching)
    async with client_of(container.served) as client:
        answers = await asyncio.gather(*(post(client, binary_envelope(batch(mean))) for mean in MEANS))
        scraped = (await client.get("/metrics")).text
    assert [answer.status_code for answer in answers] == [200] * len(MEANS)
    for mean, answer in zip(MEANS, answers, strict=True):
        assert read_answer(answer)[1]["logits"] == pytest.approx(expected_logits(mean), abs=1e-4)
    assert ('palier_batch_windows_count{model="tiny"}' in scraped) == batching


async def test_native_requests_are_batched_too(door: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(predict_tone(door) for _ in range(8)))
    assert [answer.json()["class_id"] for answer in answers] == ["high"] * 8
    assert 'palier_batch_windows_sum{model="tiny"} 8.0' in (await door.get("/metrics")).text


async def test_diagnoses_of_assets_are_kept_where_the_settings_name_a_history(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    history = SimpleNamespace(record=lambda observations: kept.extend(one.asset_id for one in observations))
    monkeypatch.setattr(app, "create_history", lambda _: history)
    async with client_of(make_container(settings).served) as client:
        assert (await predict_tone(client, asset_id="press-4")).status_code == 200
        assert (await predict_tone(client)).status_code == 200
    assert kept == ["press-4"]


async def test_the_statistics_know_waiting_from_running(door: httpx.AsyncClient) -> None:
    await asyncio.gather(*(post(door, binary_envelope(batch(0.5))) for _ in range(4)))
    (stats,) = (await door.get("/v2/models/tiny/versions/10/stats")).json()["model_stats"]
    assert stats["inference_count"] == 4
    assert all(stats["inference_stats"][stage]["ns"] > 0 for stage in ("queue", "compute_infer"))


async def test_the_statistics_count_executions_and_their_sizes(settings: Settings) -> None:
    # A batch that is full starts at once.
    container = make_container(settings, batch_max_delay_ms=SECONDS * 1e3, batch_max_windows=4)
    async with client_of(container.served) as client:
        requests = (binary_envelope(batch(*[0.5] * windows)) for windows in (1, 2, 1))
        answers = await asyncio.gather(*(post(client, envelope) for envelope in requests))
        await post(client, binary_envelope(batch(*[0.5] * 4)))
        (stats,) = (await client.get("/v2/models/tiny/versions/10/stats")).json()["model_stats"]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert (stats["inference_count"], stats["execution_count"]) == (8, 2)
    assert {name: duration["count"] for name, duration in stats["inference_stats"].items()} == {
        "success": 4,
        "fail": 0,
        "cache_hit": 0,
        **dict.fromkeys(("queue", "compute_input", "compute_infer", "compute_output"), 4),
    }
    (one,) = stats["batch_stats"]
    assert one["batch_size"] == 4
    assert [one[f"compute_{stage}"]["count"] for stage in ("input", "infer", "output")] == [2, 2, 2]
    # Both executions once, not once for each of their requests.
    assert 0 < one["compute_infer"]["ns"] < stats["inference_stats"]["compute_infer"]["ns"]
    assert one["compute_input"]["ns"] == stats["inference_stats"]["compute_input"]["ns"]


async def test_a_full_queue_is_a_429_with_when_to_come_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = BlockingEngine()
    monkeypatch.setattr(models, "OnnxEngine", lambda *_: engine)
    container = make_container(settings, batch_max_queued=2)
    async with client_of(container.served) as client:
        running = asyncio.create_task(post(client, binary_envelope(batch(0.5))))
        assert await asyncio.to_thread(engine.begun.acquire, timeout=SECONDS)
        others = [asyncio.create_task(post(client, binary_envelope(batch(0.5)))) for _ in range(5)]
        await until_async(lambda: sum(one.done() for one in others) == 3)
        engine.release.set()
        answers = await asyncio.gather(running, *others)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429, 429, 429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert_error(refused, 429, "too_many_requests", None)
    assert refused.headers["retry-after"] == "1"


async def test_a_deadline_of_the_request_is_kept(settings: Settings) -> None:
    container = make_container(settings, batch_max_delay_ms=1000)
    async with client_of(container.served) as client:
        late = await post(client, binary_envelope(batch(0.5)), **{"x-deadline-ms": "20"})
    assert_error(late, 503, "deadline_exceeded", None)
    assert late.headers["retry-after"] == "1"


@pytest.mark.parametrize("batching", [True, False], ids=["batched", "unbatched"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/predict", "application/json"),
        ("/predict/batch", "application/json"),
        ("/v2/models/tiny/infer", "application/octet-stream"),
        ("/v2/repository/index", "application/json"),
        ("/invocations", "application/json"),
        ("/invocations", "text/csv"),
        ("/invocations", f"{BINARY};json-header-size=2"),
    ],
)
async def test_an_upload_that_stops_holds_a_place_and_gives_it_back(
    settings: Settings, path: str, kind: str, batching: bool
) -> None:
    container = make_container(replace(settings, max_pending=1), batching=batching)
    reached, goes_on = asyncio.Event(), asyncio.Event()

    async def stopping() -> AsyncIterator[bytes]:
        yield b"{"
        reached.set()
        await goes_on.wait()
        yield b"}"

    async with client_of(container.served) as client:
        upload = asyncio.create_task(client.post(path, content=stopping(), headers={"content-type": kind}))
        await asyncio.wait_for(reached.wait(), SECONDS)
        refused = await post(client, binary_envelope(batch(0.5)))
        assert_error(refused, 429, "too_many_requests", None)
        assert (await client.get("/health")).status_code == 200
        goes_on.set()
        assert (await upload).status_code in {200, 400, 422}
        assert (await post(client, binary_envelope(batch(0.5)))).status_code == 200


@pytest.mark.parametrize("header", ["soon", "0", "-1", "nan", "inf"])
async def test_a_deadline_that_is_none_is_a_400(door: httpx.AsyncClient, header: str) -> None:
    refused = await door.post("/predict", content=b"x", headers={"x-deadline-ms": header})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_deadline")


async def test_health_says_where_models_run(settings: Settings, door: httpx.AsyncClient) -> None:
    assert (await door.get("/health")).json()["device"] == "cpu"

    container = create_container(settings, ContainerSettings(), CpuEngines(device="cuda"))
    async with client_of(container.served) as client:
        assert (await client.get("/health")).json()["device"] == "cuda"


def test_a_provider_that_is_missing_keeps_it_from_starting(settings: Settings) -> None:
    with pytest.raises(ProviderUnavailableError, match=r"^The execution provider 'cuda' cannot be had here: "):
        make_container(settings, provider="cuda")


def test_a_broken_default_model_keeps_it_from_starting(make_settings: Any, own_models_dir: Path) -> None:
    (own_models_dir / "tiny" / "10" / FILE).write_bytes(b"changed")
    with pytest.raises(ModelUnavailableError, match="sha256 differs"):
        make_container(make_settings(models_dir=own_models_dir)).warm_up()


async def test_another_broken_model_does_not(
    make_settings: Any, own_models_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (own_models_dir / "tiny-pair" / "1" / FILE).write_bytes(b"changed")
    container = make_container(make_settings(models_dir=own_models_dir))
    with caplog.at_level(logging.ERROR, "palier"):
        container.warm_up()
    assert len(caplog.records) == 1
    async with client_of(container.served) as client:
        scraped = (await client.get("/metrics")).text
    assert 'lstm_pfd_model_loaded{model="tiny"} 1.0' in scraped
    assert 'lstm_pfd_model_loaded{model="tiny-pair"} 0.0' in scraped


def test_warm_up_runs_every_size_of_every_model(settings: Settings) -> None:
    sizes: list[int] = []

    class Counting(CpuEngines, frozen=True):
        def engine(self, model: bytes, manifest: Any) -> Any:
            engine = super().engine(model, manifest)
            run = engine.run

            def counted(windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
                sizes.append(len(windows))
                return run(windows, conditions)

            engine.run = counted  # type: ignore[method-assign]
            return engine

    container = make_container(settings, batch_max_windows=5)
    container.invocations.native.diagnoser.models._engines = Counting()
    container.warm_up()
    assert sizes == [1, 2, 3, 4, 5] * 3


async def test_keys_are_asked_for_where_the_settings_say_so(settings: Settings, tmp_path: Path) -> None:
    key, stored = create_key("test")
    file = tmp_path / "keys.json"
    file.write_bytes(write_key_ring(KeyRing(keys=[stored])))
    closed = make_container(replace(settings, api_keys_required=True, api_keys_file=file))
    body = tone(0.5).astype("<f4").tobytes()
    octets = {"content-type": "application/octet-stream"}
    async with client_of(closed.served) as client:
        for path in ("/ping", "/metrics", "/health"):
            assert (await client.get(path)).status_code == 200
        refused = await client.post("/invocations", content=body, headers=octets)
        assert_error(refused, 401, "api_key_missing", "X-API-Key")
        answered = await client.post("/invocations", content=body, headers=octets | {"x-api-key": key})
        assert answered.json()["class_id"] == "high"


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_tritonclient_needs_no_change(container: Container, binary: bool) -> None:
    windows = batch(0.5, -0.25)
    with serving(container.served) as (host, port):
        client = triton.InferenceServerClient(f"{host}:{port}", concurrency=4)
        signal = triton.InferInput("signal", list(windows.shape), "FP32")
        signal.set_data_from_numpy(windows, binary_data=binary)
        pending = [client.async_infer("tiny", [signal]) for _ in range(6)]
        answers = [one.get_result().as_numpy("logits") for one in pending]
        client.close()
    assert np.stack(answers) == pytest.approx(np.stack([expected_logits(0.5, -0.25)] * 6), abs=1e-4)
