"""Health, metadata, configuration, statistics and repository over HTTP."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from functions.core.settings import Settings
from functions.core.version import VERSION
from functions.inference.app import create_app
from functions.inference.v2.metadata import EXTENSIONS
from tests.support.apps import JSON, assert_error, client_of
from tests.support.packages import FILE
from tests.support.v2 import batch, binary_envelope, json_envelope, post

READY = {"state": "READY", "reason": ""}


async def read(client: httpx.AsyncClient, path: str) -> Any:
    """GET a document that is there, JSON and not packed, whatever the client accepts."""
    response = await client.get(path, headers={"accept-encoding": "gzip, deflate"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == JSON
    assert "content-encoding" not in response.headers
    return response.json()


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
async def test_server_metadata(client: httpx.AsyncClient, path: str) -> None:
    assert await read(client, path) == {"name": "palier", "version": VERSION, "extensions": list(EXTENSIONS)}


async def test_the_server_is_live_and_ready(client: httpx.AsyncClient) -> None:
    assert await read(client, "/v2/health/live") == {"live": True}
    assert await read(client, "/v2/health/ready") == {"live": True, "ready": True}


async def test_a_server_without_its_default_model_is_live_but_not_ready(settings: Settings) -> None:
    async with client_of(create_app(replace(settings, default_model="absent"))) as client:
        assert (await client.get("/v2/health/live")).status_code == 200
        response = await client.get("/v2/health/ready")
    assert_error(response, 503, "model_unavailable", None)
    assert response.headers["retry-after"] == "30"


@pytest.mark.parametrize("path", ["/v2/models/tiny", "/v2/models/tiny/versions/2"])
async def test_model_metadata(client: httpx.AsyncClient, path: str) -> None:
    assert await read(client, path) == {
        "name": "tiny",
        "versions": ["2", "10"],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "signal", "datatype": "FP32", "shape": [-1, 1, 2048]}],
        "outputs": [
            {"name": "logits", "datatype": "FP32", "shape": [-1, 3]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]},
        ],
    }


async def test_model_metadata_of_two_channels(client: httpx.AsyncClient) -> None:
    assert (await read(client, "/v2/models/tiny-pair"))["inputs"][0]["shape"] == [-1, 2, 2048]


@pytest.mark.parametrize("path", ["/v2/models/tiny/ready", "/v2/models/tiny/versions/2/ready"])
async def test_model_ready(client: httpx.AsyncClient, path: str) -> None:
    assert await read(client, path) == {"name": "tiny", "ready": True}


@pytest.mark.parametrize("path", ["/v2/models/tiny/config", "/v2/models/tiny/versions/10/config"])
async def test_model_configuration(client: httpx.AsyncClient, path: str) -> None:
    assert await read(client, path) == {
        "name": "tiny",
        "platform": "onnxruntime_onnx",
        "backend": "onnxruntime",
        "version_policy": {"all": {}},
        "max_batch_size": 4,
        "input": [{"name": "signal", "data_type": "TYPE_FP32", "format": "FORMAT_NONE", "dims": [1, 2048]}],
        "output": [
            {"name": "logits", "data_type": "TYPE_FP32", "dims": [3]},
            {"name": "probabilities", "data_type": "TYPE_FP32", "dims": [3]},
        ],
        "default_model_filename": "model_fp32.onnx",
        "parameters": {
            "classes": {"string_value": "high,centred,low"},
            "sample_rate_hz": {"string_value": "2048"},
            "unit": {"string_value": "g"},
            "precision": {"string_value": "fp32"},
            "temperature": {"string_value": "2"},
            "version": {"string_value": "10"},
        },
    }


@pytest.mark.parametrize("suffix", ["", "/ready", "/config", "/stats"])
async def test_unknown_models_and_versions_are_a_404(client: httpx.AsyncClient, suffix: str) -> None:
    absent = await client.get(f"/v2/models/absent{suffix}")
    assert_error(absent, 404, "model_not_found", "model")
    old = await client.get(f"/v2/models/tiny/versions/7{suffix}")
    assert_error(old, 404, "version_not_found", "version")
    assert old.json()["error"] == "Model 'tiny' has no version '7'; it has 2, 10."


async def test_unknown_paths_are_a_404(client: httpx.AsyncClient) -> None:
    for path in ("/v2/x", "/v2/health", "/v2/models", "/v2/models/tiny/x", "/v2x", "/v2/health/live/"):
        assert_error(await client.get(path), 404, "not_found", None)


async def test_statistics_count_requests_windows_and_failures(client: httpx.AsyncClient) -> None:
    await post(client, binary_envelope(batch(0.1, 0.2)))
    await post(client, binary_envelope(batch(0.1, 0.2)))
    await post(client, json_envelope(batch(0.1)))
    assert (await post(client, json_envelope(batch(0.1), id=1))).status_code == 400
    (statistics,) = (await read(client, "/v2/models/tiny/versions/10/stats"))["model_stats"]
    assert (statistics["name"], statistics["version"]) == ("tiny", "10")
    assert (statistics["inference_count"], statistics["execution_count"]) == (5, 3)
    totals = statistics["inference_stats"]
    stages = ("queue", "compute_input", "compute_infer", "compute_output")
    assert {name: duration["count"] for name, duration in totals.items()} == {
        "success": 3,
        "fail": 1,
        "cache_hit": 0,
        **dict.fromkeys(stages, 3),
    }
    assert 0 < sum(totals[stage]["ns"] for stage in stages) <= totals["success"]["ns"]
    batches = statistics["batch_stats"]
    assert [(one["batch_size"], one["compute_infer"]["count"]) for one in batches] == [(1, 1), (2, 2)]
    assert sum(one["compute_infer"]["ns"] for one in batches) == totals["compute_infer"]["ns"]
    assert statistics["last_inference"] > 1_700_000_000_000


async def test_statistics_of_all_versions_and_all_models(client: httpx.AsyncClient) -> None:
    await post(client, binary_envelope(batch(0.1)))
    everything = (await read(client, "/v2/models/stats"))["model_stats"]
    one_model = (await read(client, "/v2/models/tiny/stats"))["model_stats"]
    assert [(one["name"], one["version"], one["inference_count"]) for one in everything] == [
        ("tiny", "2", 0),
        ("tiny", "10", 1),
        ("tiny-pair", "1", 0),
        ("tiny-plain", "1", 0),
    ]
    assert one_model == everything[:2]


async def test_repository_index(client: httpx.AsyncClient) -> None:
    for body in (b"", b"{}", b'{"ready": false}', b'{"ready": true}'):
        response = await client.post("/v2/repository/index", content=body)
        assert response.status_code == 200
        assert "content-encoding" not in response.headers
        assert response.json() == [
            {"name": "tiny", "version": "2"} | READY,
            {"name": "tiny", "version": "10"} | READY,
            {"name": "tiny-pair", "version": "1"} | READY,
            {"name": "tiny-plain", "version": "1"} | READY,
        ]


@pytest.mark.parametrize("broken", ["manifest.json", FILE])
async def test_a_broken_model_is_unavailable_and_hides_no_other(
    settings: Settings, own_models_dir: Path, broken: str
) -> None:
    (own_models_dir / "tiny" / "10" / broken).write_bytes(b"{}")
    async with client_of(create_app(replace(settings, models_dir=own_models_dir))) as client:
        index = (await client.post("/v2/repository/index")).json()
        only_ready = (await client.post("/v2/repository/index", content=b'{"ready": true}')).json()
        for path in ("/v2/models/tiny/ready", "/v2/health/ready"):
            assert_error(await client.get(path), 503, "model_unavailable", None)
        assert_error(await post(client, json_envelope(batch(0.1))), 503, "model_unavailable", None)
        assert (await client.get("/v2/models/tiny/versions/2/ready")).status_code == 200
        assert (await client.get("/v2/models/tiny/versions/10/stats")).status_code == 200
    assert [(one["version"], one["state"]) for one in index if one["name"] == "tiny"] == [
        ("2", "READY"),
        ("10", "UNAVAILABLE"),
    ]
    assert next(one["reason"] for one in index if one["version"] == "10") != ""
    assert only_ready == [one for one in index if one["state"] == "READY"]
    assert len(only_ready) == 3


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b'{"ready": 1}', b"\xff"])
async def test_a_malformed_index_request_is_a_400(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/v2/repository/index", content=body)
    assert_error(response, 400, "malformed_envelope", "ready" if b"ready" in body else None)


async def test_load_proves_a_model_and_unload_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"{}", b'{"parameters": {}}'):
        response = await client.post("/v2/repository/models/tiny/load", content=body)
        assert (response.status_code, response.json()) == (200, {})
    configured = await client.post("/v2/repository/models/tiny/load", content=b'{"parameters": {"config": "{}"}}')
    assert_error(configured, 400, "malformed_envelope", "parameters")
    sentence = assert_error(await client.post("/v2/repository/models/tiny/unload"), 400, "malformed_envelope", None)
    assert sentence == "Models stay loaded here: a new version means a new process."
    for action in ("load", "unload"):
        response = await client.post(f"/v2/repository/models/absent/{action}")
        assert_error(response, 404, "model_not_found", "model")
