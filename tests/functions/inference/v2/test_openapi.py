"""The OpenAPI document is true of the protocol's real answers."""

from typing import Any

import httpx
import jsonschema
import pytest

from functions.inference.openapi import openapi_document
from tests.support.apps import JSON
from tests.support.v2 import batch, binary_envelope, json_envelope, post, read_answer, tensor

DOCUMENT = openapi_document()
VERSIONED = "/v2/models/{name}/versions/{version}"


def check(value: Any, schema: dict[str, Any]) -> None:
    """Validate against a schema whose references lead into the document."""
    jsonschema.Draft202012Validator(schema | {"components": DOCUMENT["components"]}).validate(value)


def answer_schema(path: str, method: str, status: int) -> dict[str, Any]:
    schema: dict[str, Any] = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"][JSON]["schema"]
    return schema


@pytest.mark.parametrize(
    "path",
    [path for path, operations in DOCUMENT["paths"].items() if path.startswith("/v2") and "get" in operations],
)
async def test_what_is_read_is_what_it_says(client: httpx.AsyncClient, path: str) -> None:
    await post(client, binary_envelope(batch(0.5)))
    response = await client.get(path.format(name="tiny", version="10"))
    assert response.status_code == 200
    check(response.json(), answer_schema(path, "get", 200))
    if "{name}" in path:
        absent = await client.get(path.format(name="absent", version="1"))
        check(absent.json(), answer_schema(path, "get", 404))


@pytest.mark.parametrize("path", ["/v2/models/{name}/infer", f"{VERSIONED}/infer"])
async def test_inference_is_what_it_says(client: httpx.AsyncClient, path: str) -> None:
    request_schema = DOCUMENT["paths"][path]["post"]["requestBody"]["content"][JSON]["schema"]
    classes = [{"name": "logits", "parameters": {"classification": 2, "binary_data": False}}]
    for members in ({"id": "1"}, {"outputs": classes}, {"parameters": {"binary_data_output": True}}):
        document = {"inputs": [tensor(batch(0.5))]} | members
        check(document, request_schema)
        response = await post(client, json_envelope(batch(0.5), **members), path.format(name="tiny", version="10"))
        assert response.status_code == 200
        content_types = DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"]
        assert response.headers["content-type"] in content_types
        answer = response.json() if "outputs" in members else read_answer(response)[0]
        check(answer, answer_schema(path, "post", 200))
    malformed = await post(client, json_envelope(batch(0.5), id=1), path.format(name="tiny", version="10"))
    check(malformed.json(), answer_schema(path, "post", 400))


async def test_the_repository_is_what_it_says(client: httpx.AsyncClient) -> None:
    for path, status in (
        ("/v2/repository/index", 200),
        ("/v2/repository/models/{name}/load", 200),
        ("/v2/repository/models/{name}/unload", 400),
    ):
        response = await client.post(path.format(name="tiny"))
        assert response.status_code == status
        check(response.json(), answer_schema(path, "post", status))


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/v2/models/{name}/infer", {"inputs": []}),
        ("/v2/models/{name}/infer", {"inputs": [tensor(batch(0.5))] * 2}),
        ("/v2/models/{name}/infer", {"inputs": [tensor(batch(0.5), shape=[])]}),
        ("/v2/models/{name}/infer", {"inputs": [tensor(batch(0.5), shape=[0, 1, 2048])]}),
        ("/v2/models/{name}/infer", {"inputs": [tensor(batch(0.5), data=[])]}),
        ("/v2/models/{name}/infer", {"inputs": [tensor(batch(0.5), datatype="BYTES")]}),
        ("/v2/models/{name}/infer", {"inputs": [tensor(batch(0.5))], "outputs": [{"name": "logits"}] * 3}),
        ("/v2/models/{name}/infer", {"inputs": [tensor(batch(0.5))], "id": 1}),
        ("/v2/repository/index", {"ready": "yes"}),
        ("/v2/repository/models/{name}/load", {"parameters": {"config": "{}"}}),
    ],
)
async def test_what_is_always_refused_is_none_of_its_requests(
    client: httpx.AsyncClient, path: str, document: dict[str, Any]
) -> None:
    response = await client.post(path.format(name="tiny"), json=document)
    assert response.status_code == 400
    check(response.json(), answer_schema(path, "post", 400))
    with pytest.raises(jsonschema.ValidationError):
        check(document, DOCUMENT["paths"][path]["post"]["requestBody"]["content"][JSON]["schema"])


def test_unload_is_described_as_refused() -> None:
    unload = DOCUMENT["paths"]["/v2/repository/models/{name}/unload"]["post"]
    assert "requestBody" not in unload
    assert not [status for status in unload["responses"] if status.startswith("2")]
    assert unload["responses"]["400"]["description"].startswith("Always")


def test_the_check_can_fail() -> None:
    with pytest.raises(jsonschema.ValidationError):
        check({"live": False}, answer_schema("/v2/health/live", "get", 200))
    with pytest.raises(jsonschema.ValidationError):
        check({"inputs": [{"name": "signal"}]}, {"$ref": "#/components/schemas/V2InferenceRequest"})
