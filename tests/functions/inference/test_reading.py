"""GET endpoints: /, /health, /models, /models/{name} and /model/info."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from functions.core.settings import Settings
from functions.core.version import VERSION
from functions.inference.app import create_app
from tests.support.apps import assert_error, client_of
from tests.support.packages import CLASSES, FILE, RATE_HZ, WINDOW


async def test_the_index_leads_to_what_there_is(client: httpx.AsyncClient) -> None:
    index = (await client.get("/")).json()
    assert (index["name"], index["version"]) == ("palier", VERSION)
    assert set(index["links"]) == {"health", "models", "docs", "openapi"}
    for path in index["links"].values():
        assert (await client.get(path)).status_code == 200


async def test_health_names_the_model_that_serves(client: httpx.AsyncClient) -> None:
    response = await client.get("/health")
    health = response.json()
    assert datetime.fromisoformat(health.pop("timestamp")).tzinfo
    assert response.status_code == 200
    assert health == {
        "status": "healthy",
        "model_loaded": True,
        "model": {"name": "tiny", "version": "10", "precision": "fp32"},
        "device": "cpu",
        "version": VERSION,
    }


async def test_every_package_is_listed(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/models")).json()
    assert (answer["default_model"], answer["unavailable"]) == ("tiny", [])
    assert [(model["name"], model["version"], model["is_default"]) for model in answer["models"]] == [
        ("tiny", "10", True),
        ("tiny-pair", "1", False),
        ("tiny-plain", "1", False),
    ]


async def test_the_proof_is_the_file_of_the_package(
    make_settings: Callable[..., Settings], own_models_dir: Path
) -> None:
    (own_models_dir / "tiny" / "2" / "proof.json").write_text('{"precision": "fp32"}')
    async with client_of(create_app(make_settings(models_dir=own_models_dir))) as client:
        known = await client.get("/models/tiny/proof", params={"version": "2"})
        assert (known.status_code, known.json()) == (200, {"precision": "fp32"})
        assert_error(await client.get("/models/tiny/proof"), 404, "proof_not_found", None)
        assert_error(await client.get("/models/absent/proof"), 404, "model_not_found", "model")


@pytest.mark.parametrize("path", ["/models/tiny", "/model/info", "/models/tiny?version=10"])
async def test_a_package_has_its_inputs_and_classes(client: httpx.AsyncClient, models_dir: Path, path: str) -> None:
    model: dict[str, Any] = (await client.get(path)).json()
    assert (model["name"], model["version"], model["versions"], model["is_default"]) == (
        "tiny",
        "10",
        ["2", "10"],
        True,
    )
    assert [label["id"] for label in model["classes"]] == list(CLASSES)
    assert (model["input"]["window"], model["input"]["sample_rate_hz"], model["input"]["unit"]) == (
        WINDOW,
        RATE_HZ,
        "g",
    )
    (variant,) = model["variants"]
    assert set(variant) == {"precision", "size_bytes", "method", "sha256"}
    assert variant["size_bytes"] == (models_dir / "tiny" / "10" / FILE).stat().st_size
    assert model["join"] == "mean"
    assert model["evidence"]["accuracy"] == {"fp32": {"record_accuracy": 1.0}}


async def test_another_version_is_shown_when_asked_for(client: httpx.AsyncClient) -> None:
    model = (await client.get("/models/tiny", params={"version": "2"})).json()
    assert (model["version"], model["versions"]) == ("2", ["2", "10"])


async def test_head_is_answered_as_get_without_a_body(client: httpx.AsyncClient) -> None:
    assert (await client.head("/health")).status_code == 200


async def test_no_models_are_an_empty_list(settings: Settings, tmp_path: Path) -> None:
    async with client_of(create_app(replace(settings, models_dir=tmp_path))) as client:
        assert (await client.get("/models")).json()["models"] == []
        assert_error(await client.get("/models/tiny"), 404, "model_not_found", "model")
