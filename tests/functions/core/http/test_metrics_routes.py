"""The route from which the page reads a server's own metrics."""

from pathlib import Path

from msgspec.structs import replace

from functions.core.http.metrics_routes import metrics_routes
from functions.core.keys.key_stores import FileKeyStore
from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.observability.memory_sink import MemorySink
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import client_of
from tests.support.recordings import npy_bytes, tone


async def test_requests_errors_latencies_and_classes_are_in_the_document(settings: Settings) -> None:
    sink = MemorySink()
    app = create_app(settings, sinks=[sink])
    app.routes.extend(metrics_routes(sink, None))
    async with client_of(app) as client:
        empty = (await client.get("/metrics.json")).json()
        assert (empty["requests"]["total"], empty["latency_ms"]["p50"], empty["inferences"]) == (0, None, {})
        answer = await client.post(
            "/predict", content=npy_bytes(tone(0.5)), headers={"content-type": "application/x-npy"}
        )
        assert answer.status_code == 200
        assert (await client.get("/nowhere")).status_code == 404
        told = (await client.get("/metrics.json")).json()
    assert told["requests"]["by_endpoint"] == {"metrics": 1, "predict": 1, "unmatched": 1}
    assert told["errors"] == {"4xx": 1, "5xx": 0, "429": 0}
    assert told["inferences"] == {answer.json()["class_id"]: 1}
    assert told["latency_ms"]["p99"] >= told["latency_ms"]["p50"] > 0


async def test_the_scope_read_is_asked_for(settings: Settings, tmp_path: Path) -> None:
    key, stored = create_key("page", ("read",))
    path = tmp_path / "keys.json"
    path.write_bytes(write_key_ring(KeyRing(keys=[stored])))
    sink = MemorySink()
    app = create_app(replace(settings, api_keys_required=True, api_keys_file=path), sinks=[sink])
    app.routes.extend(metrics_routes(sink, FileKeyStore(path)))
    async with client_of(app) as client:
        assert (await client.get("/metrics.json")).status_code == 401
        assert (await client.get("/metrics.json", headers={"x-api-key": key})).status_code == 200
