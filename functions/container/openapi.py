"""The container's part of the OpenAPI document: SageMaker's contract and the metrics."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from functions.container.multi_model import LoadRequest
from functions.container.sagemaker import BINARY
from functions.core.http.openapi import READING_ERRORS, SCHEMAS, SERVING_ERRORS, error_responses, security
from functions.inference.openapi import openapi_document

_NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
_OBJECT = {"application/json": {"schema": {"type": "object"}}}
_BYTES = {BINARY: {"schema": {"type": "string", "format": "binary"}}}
_LOAD = {"application/json": {"schema": {"$ref": f"{SCHEMAS}LoadRequest"}}}
_TAGS = {
    "sagemaker": "Amazon SageMaker's contract with a container.",
    "monitoring": "For Prometheus.",
}


@cache
def container_document(*, multi_model: bool) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the container, which has no jobs and histories."""
    paths = {**_paths(multi_model=multi_model), **(_multi_model_paths() if multi_model else {})}
    _, schemas = msgspec.json.schema_components([LoadRequest], ref_template=SCHEMAS + "{name}")
    return openapi_document([{"tags": _TAGS, "paths": paths, "schemas": schemas if multi_model else {}}])


async def document(_: Request) -> Response:
    """GET /openapi.json of one model."""
    return JSONResponse(container_document(multi_model=False))


async def multi_model_document(_: Request) -> Response:
    """GET /openapi.json of a multi-model endpoint."""
    return JSONResponse(container_document(multi_model=True))


def _paths(*, multi_model: bool) -> dict[str, Any]:
    asked = "Whether models can be loaded" if multi_model else "Whether the default model can serve"
    ping = _operation("ping", asked, {}) | security(secured=False)
    if not multi_model:
        ping["responses"] |= {"503": {"description": "No model can serve"}}
    text = {"text/plain": {"schema": {"type": "string"}}}
    metrics = _operation("metrics", "Counters and histograms", text, tag="monitoring") | security(secured=False)
    return {
        "/ping": {"get": ping},
        "/invocations": {"post": _invocation("invocations", "A recording, a batch or a request of the protocol")},
        "/metrics": {"get": metrics},
    }


def _multi_model_paths() -> dict[str, Any]:
    load = _operation("loadModel", "Load the package in a folder", _OBJECT, (400, 401, 403, 409, 500, 503))
    load["requestBody"] = {"required": True, "content": _LOAD}
    load["responses"]["507"] = {"description": "No room: unload another model"}
    one = {"parameters": [_NAME]}
    return {
        "/models": {
            "get": _operation("listLoaded", "What is loaded", _OBJECT, READING_ERRORS),
            "post": load,
        },
        "/models/{name}": {
            "get": _operation("getLoaded", "One that is loaded", _OBJECT, READING_ERRORS) | one,
            "delete": _operation("unloadModel", "Let a model go", {}, READING_ERRORS) | one,
        },
        "/models/{name}/invoke": {"post": _invocation("invokeModel", "As /invocations, by this model") | one},
    }


def _invocation(operation: str, summary: str) -> dict[str, Any]:
    body = {"required": True, "content": {**_OBJECT, **_BYTES}}
    return _operation(operation, summary, {**_OBJECT, **_BYTES}, SERVING_ERRORS) | {"requestBody": body}


def _operation(
    operation: str, summary: str, content: Mapping[str, Any], errors: tuple[int, ...] = (), tag: str = "sagemaker"
) -> dict[str, Any]:
    success = {"description": "Success"} | ({"content": dict(content)} if content else {})
    return {
        "operationId": operation,
        "tags": [tag],
        "summary": summary,
        "responses": {"200": success, **error_responses(errors)},
    } | security(secured=True)
