"""The protocol's part of the OpenAPI document."""

from typing import Any

from functions.core.http.openapi import (
    READING_ERRORS,
    SCHEMAS,
    SERVING_ERRORS,
    error_responses,
    json_response,
    security,
)
from functions.inference.v2.binary import HEADER_LENGTH

_TAG = "open inference protocol"
_REPOSITORY_ERRORS = tuple(sorted({400, 413, *READING_ERRORS}))
_BINARY = {"type": "string", "format": "binary"}
_MODEL = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
_VERSION = {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}


def v2_paths() -> dict[str, Any]:
    """Return the operations of the protocol, by path and method."""
    return _server_paths() | _model_paths("", "", [_MODEL]) | _versioned_paths() | _repository_paths()


def _server_paths() -> dict[str, Any]:
    ready = _read("v2Ready", "Whether the default model can serve", "V2ServerReady", secured=False)
    ready["responses"] |= error_responses((503,))
    return {
        "/v2": {"get": _read("v2Server", "The server's metadata", "V2ServerMetadata", secured=False)},
        "/v2/health/live": {"get": _read("v2Live", "Whether the server answers", "V2ServerLive", secured=False)},
        "/v2/health/ready": {"get": ready},
        "/v2/models/stats": {"get": _read("v2Statistics", "Statistics of all models", "V2Statistics")},
    }


def _versioned_paths() -> dict[str, Any]:
    return _model_paths("/versions/{version}", "Version", [_MODEL, _VERSION])


def _model_paths(below: str, of: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    path = f"/v2/models/{{name}}{below}"
    which = "a version of a model" if of else "a model's newest version"
    reads = (
        ("", f"v2Model{of}", f"Metadata of {which}", "V2ModelMetadata"),
        ("/ready", f"v2Model{of}Ready", f"Whether {which} can serve", "V2ModelReady"),
        ("/config", f"v2Model{of}Config", f"Configuration of {which}", "V2ModelConfiguration"),
        (
            "/stats",
            f"v2Model{of}Statistics",
            f"Statistics of {which if of else 'all versions of a model'}",
            "V2Statistics",
        ),
    )
    return {
        **{
            f"{path}{suffix}": {"get": _read(operation, summary, schema) | {"parameters": parameters}}
            for suffix, operation, summary, schema in reads
        },
        f"{path}/infer": {"post": _infer(f"v2Infer{of}", f"Inference by {which}", parameters)},
    }


def _repository_paths() -> dict[str, Any]:
    load = _post("v2Load", "Load a model before its first request", "V2Empty", "V2LoadRequest")
    return {
        "/v2/repository/index": {"post": _post("v2Index", "Every version of every model", "V2Index", "V2IndexRequest")},
        "/v2/repository/models/{name}/load": {"post": load | {"parameters": [_MODEL]}},
        "/v2/repository/models/{name}/unload": {"post": _unload() | {"parameters": [_MODEL]}},
    }


def _unload() -> dict[str, Any]:
    """Return the operation that is always refused: it has no answer of success and takes no body."""
    summary = "Refused: models stay loaded"
    operation = _read("v2Unload", summary, "V2Empty")
    always = "Always, for a model that is here: a new version means a new process."
    refused = error_responses((400,))["400"] | {"description": always}
    responses = {status: answer for status, answer in operation["responses"].items() if status != "200"}
    return operation | {
        "description": "No request unloads a model: this is here for clients that would miss it.",
        "deprecated": True,
        "responses": {"400": refused, **responses},
    }


def _infer(operation: str, summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    length = {
        "name": HEADER_LENGTH,
        "in": "header",
        "description": "Bytes of the JSON object before binary data; 0: the body is the input tensor alone.",
        "schema": {"type": "integer", "minimum": 0},
    }
    success = json_response("Success; JSON, with binary data behind it where that was asked for", "V2InferenceResponse")
    success["content"]["application/octet-stream"] = {"schema": _BINARY}
    success["headers"] = {HEADER_LENGTH: {"description": "As in the request.", "schema": {"type": "integer"}}}
    return {
        "operationId": operation,
        "tags": [_TAG],
        "summary": summary,
        "description": "Bodies may be gzip or deflate, answers too where Accept-Encoding asks for it.",
        "parameters": [*parameters, length],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/V2InferenceRequest"}},
                "application/octet-stream": {"schema": _BINARY},
            },
        },
        "responses": {
            "200": success,
            **error_responses(tuple(status for status in SERVING_ERRORS if status != 415)),
        },
    } | security(secured=True)


def _read(operation: str, summary: str, schema: str, *, secured: bool = True) -> dict[str, Any]:
    return {
        "operationId": operation,
        "tags": [_TAG],
        "summary": summary,
        "responses": {
            "200": json_response("Success", schema),
            **error_responses(READING_ERRORS if secured else (500,)),
        },
    } | security(secured)


def _post(operation: str, summary: str, schema: str, request_schema: str) -> dict[str, Any]:
    return _read(operation, summary, schema) | {
        "requestBody": {"content": {"application/json": {"schema": {"$ref": SCHEMAS + request_schema}}}},
        "responses": {"200": json_response("Success", schema), **error_responses(_REPOSITORY_ERRORS)},
    }
