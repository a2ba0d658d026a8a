"""The OpenAPI document is valid, complete, and true of real answers."""

import re
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest
from openapi_spec_validator import validate
from starlette.applications import Starlette

from functions.core.decoding.formats import BATCH_MEDIA_TYPES, PREDICT_MEDIA_TYPES
from functions.core.models.options import DiagnosisOptions
from functions.core.settings import Settings
from functions.inference.openapi import openapi_document
from functions.jobs.app import create_app as create_jobs_app
from tests.support.apps import JSON, every_route
from tests.support.recordings import npy_bytes, tone

DOCUMENT = openapi_document()
PREDICT, BATCH = DOCUMENT["paths"]["/predict"]["post"], DOCUMENT["paths"]["/predict/batch"]["post"]
GOOD: dict[str, Any] = {"json": {"signal": tone(0.5).tolist()}}


def check(value: Any, schema: dict[str, Any]) -> None:
    """Validate against a schema whose references lead into the document."""
    jsonschema.Draft202012Validator(schema | {"components": DOCUMENT["components"]}).validate(value)


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    validate(DOCUMENT)


async def test_it_is_what_is_served(client: httpx.AsyncClient) -> None:
    response = await client.get("/openapi.json")
    assert (response.status_code, response.headers["content-type"]) == (200, JSON)
    assert response.json() == DOCUMENT


def test_every_route_is_in_it_and_nothing_else(app: Starlette, settings: Settings) -> None:
    apps = (app, create_jobs_app(settings))
    routes = {
        (route.path, method.lower())
        for one in apps
        for route in every_route(one)
        for method in (route.methods or set()) - {"HEAD"}
    }
    documented = {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert documented == routes


def test_the_accepted_content_types_are_the_decoders() -> None:
    assert set(PREDICT["requestBody"]["content"]) == set(PREDICT_MEDIA_TYPES)
    assert set(BATCH["requestBody"]["content"]) == set(BATCH_MEDIA_TYPES)


def test_every_option_may_stand_in_query_and_body() -> None:
    # In a query each condition has a name of its own, which the document cannot list.
    in_query = set(DiagnosisOptions.__struct_fields__) - {"conditions"}
    for operation, member in ((PREDICT, "signal"), (BATCH, "signals")):
        assert {parameter["name"] for parameter in operation["parameters"]} == in_query
        assert "conditions.NAME=VALUE" in operation["description"]
        body = operation["requestBody"]["content"][JSON]["schema"]
        assert set(body["properties"]) == {member, *DiagnosisOptions.__struct_fields__}


def test_operations_are_named_once_and_secured_but_for_health_and_public_facts() -> None:
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    unlocked = {operation["operationId"] for operation in operations if operation["security"] == []}
    assert unlocked == {"index", "health", "listBearings", "openapi", "docs", "v2Server", "v2Live", "v2Ready"}
    assert all(one["security"] in ([], [{"apiKey": []}]) for one in operations)


@pytest.mark.parametrize(
    ("method", "path", "documented", "request_", "status"),
    [
        ("get", "/", "/", {}, 200),
        ("get", "/health", "/health", {}, 200),
        ("get", "/models", "/models", {}, 200),
        ("get", "/models/tiny", "/models/{name}", {}, 200),
        ("get", "/models/absent", "/models/{name}", {}, 404),
        ("get", "/models/tiny/proof", "/models/{name}/proof", {}, 404),
        ("get", "/model/info", "/model/info", {}, 200),
        ("get", "/bearings", "/bearings", {}, 200),
        ("get", f"/bearings?q={'6' * 65}", "/bearings", {}, 422),
        ("post", "/predict", "/predict", GOOD, 200),
        ("post", "/predict", "/predict", {**GOOD, "params": {"return_probabilities": "false"}}, 200),
        ("post", "/predict", "/predict", {**GOOD, "params": {"model": "tiny-pair"}}, 422),
        ("post", "/predict", "/predict", {**GOOD, "params": {"model": "absent"}}, 404),
        ("post", "/predict", "/predict", {**GOOD, "params": {"shaft_speed_rpm": "1800", "bearing": "6205"}}, 200),
        ("post", "/predict", "/predict", {"json": []}, 400),
        ("post", "/predict", "/predict", {"content": b"x"}, 415),
        ("post", "/predict", "/predict", {"content": bytes(300_000), "headers": {"content-type": "text/csv"}}, 413),
        (
            "post",
            "/predict",
            "/predict",
            {"content": tone(0.5).tobytes(), "headers": {"content-type": "application/octet-stream"}},
            200,
        ),
        ("post", "/predict/batch", "/predict/batch", {"json": {"signals": [tone(0.5).tolist()]}}, 200),
        (
            "post",
            "/predict/batch",
            "/predict/batch",
            {"content": npy_bytes(np.stack([tone()])), "headers": {"content-type": "application/x-npy"}},
            200,
        ),
        ("post", "/predict/batch", "/predict/batch", {"json": {"signals": []}}, 422),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value),
)
async def test_real_answers_are_what_it_says(
    client: httpx.AsyncClient, method: str, path: str, documented: str, request_: dict[str, Any], status: int
) -> None:
    response = await client.request(method, path, **request_)
    operation = DOCUMENT["paths"][documented][method]
    assert response.status_code == status
    check(response.json(), operation["responses"][str(status)]["content"][JSON]["schema"])
    if status == 200 and "json" in request_:
        check(request_["json"], operation["requestBody"]["content"][JSON]["schema"])


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("/predict", {"signal": []}, 422),
        ("/predict", {"signal": [[]]}, 422),
        ("/predict", {"signal": [[1.0], []]}, 422),
        ("/predict", {"signal": [[1.0]] * 1025}, 422),
        ("/predict", {"signal": [1.0], "sample_rate_hz": 0}, 422),
        ("/predict", {"signal": [1.0], "return_top_k": 0}, 422),
        ("/predict", {"signal": [1.0], "asset_id": ""}, 422),
        ("/predict", {"signal": [1.0], "more": 1}, 422),
        ("/predict/batch", {"signals": []}, 422),
        ("/predict/batch", {"signals": [[]]}, 422),
    ],
)
async def test_what_is_always_refused_is_none_of_its_requests(
    client: httpx.AsyncClient, path: str, document: dict[str, Any], status: int
) -> None:
    assert (await client.post(path, json=document)).status_code == status
    with pytest.raises(jsonschema.ValidationError):
        check(document, DOCUMENT["paths"][path]["post"]["requestBody"]["content"][JSON]["schema"])


def test_the_check_can_fail() -> None:
    schema = PREDICT["responses"]["200"]["content"][JSON]["schema"]
    with pytest.raises(jsonschema.ValidationError):
        check({"class_id": "high"}, schema)


async def test_the_page_refers_to_local_files_only_and_each_is_served(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    local = [reference for reference in references if not reference.startswith("data:")]
    assert len(local) == 4
    assert [reference for reference in local if "//" in reference or reference.startswith("/")] == []
    for reference in local:
        response = await client.get(str(httpx.URL("http://palier/docs").join(reference)))
        assert response.status_code == 200, reference
        assert response.content


async def test_the_page_s_policy_is_strict(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/docs")).headers
    policy = dict(directive.split(" ", 1) for directive in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/docs", "/docs/docs.html"])
async def test_every_page_has_a_policy(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["content-security-policy"].startswith("default-src 'none'; ")


async def test_the_page_has_no_script_of_its_own(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=|javascript:", page) == []


async def test_static_files_are_kept_by_browsers_and_not_sniffed(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/docs/docs.js")).headers
    assert headers["cache-control"] == "public, max-age=86400"
    assert headers["x-content-type-options"] == "nosniff"
