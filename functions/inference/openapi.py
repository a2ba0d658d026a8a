"""The OpenAPI 3.1 document, generated from the types of the answers and the table of formats."""

from collections import ChainMap
from collections.abc import Sequence
from typing import Any

import msgspec

from functions.core.decoding.formats import FORM, JSON, SERVED_FORMATS, ServedFormat
from functions.core.http.answers import Answer, ErrorAnswer
from functions.core.http.diagnosis_answer import BatchAnswer, ChannelsAnswer, DiagnosisAnswer
from functions.core.http.openapi import (
    READING_ERRORS,
    SCHEMAS,
    SERVING_ERRORS,
    SIGNAL,
    error_responses,
    json_response,
    read_parts,
    security,
)
from functions.core.models.options import DiagnosisOptions
from functions.core.version import VERSION
from functions.inference.schemas import (
    BearingsAnswer,
    HealthAnswer,
    IndexAnswer,
    ModelAnswer,
    ModelsAnswer,
)
from functions.inference.v2.openapi import v2_paths
from functions.inference.v2.schemas import v2_schemas

_ANSWERS: tuple[type[Answer], ...] = (
    BatchAnswer,
    ChannelsAnswer,
    BearingsAnswer,
    DiagnosisAnswer,
    ErrorAnswer,
    HealthAnswer,
    IndexAnswer,
    ModelAnswer,
    ModelsAnswer,
)
_TAGS = {
    "diagnosis": "Recordings in, diagnoses out.",
    "models": "What the models are, and what was measured of them.",
    "bearings": "Designations of bearings and their fault orders.",
    "service": "The service itself.",
    "open inference protocol": "The same models for clients of Triton and KServe.",
}
_TAG_OF = {"predict": "diagnosis", "predictBatch": "diagnosis", "listBearings": "bearings"} | dict.fromkeys(
    ("listModels", "getModel", "getDefaultModel", "getProof"), "models"
)

_TEXT = {"type": "string"}
_BINARY = {"type": "string", "format": "binary"}


def openapi_document(others: Sequence[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    Args:
        others: parts of what else is answered at the same address, with `tags`, `paths` and `schemas`; a path of
            theirs replaces this function's. By default the other functions' parts.
    """
    parts = read_parts() if others is None else others
    tags = dict(ChainMap(*(part["tags"] for part in reversed(parts)), _TAGS))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Palier",
            "version": VERSION,
            "summary": "Diagnoses machine vibration.",
            "description": "Send a recording, get a diagnosis. Every error has the shape `ErrorAnswer`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        # Relative: the same document is right behind every host, stage and base path.
        "servers": [{"url": "./"}],
        "tags": [{"name": name, "description": description} for name, description in tags.items()],
        "paths": dict(ChainMap(*(part["paths"] for part in parts), _paths(), v2_paths())),
        "components": {
            "schemas": dict(ChainMap(_schemas(), v2_schemas(), *(part["schemas"] for part in parts))),
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        },
    }


def _paths() -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    version = _parameter("version", {"type": "string"}, "Default: the newest.")
    return {
        "/": {"get": _read("index", "What this service is", IndexAnswer, secured=False)},
        "/health": {"get": _health()},
        "/models": {"get": _read("listModels", "Every model package", ModelsAnswer)},
        "/models/{name}": {
            "get": _read("getModel", "One model package", ModelAnswer) | {"parameters": [name, version]}
        },
        "/models/{name}/proof": {"get": _proof() | {"parameters": [name, version]}},
        "/model/info": {"get": _read("getDefaultModel", "The default model package", ModelAnswer)},
        "/bearings": {"get": _bearings()},
        "/predict": {"post": _predict()},
        "/predict/batch": {"post": _predict_batch()},
        "/openapi.json": {"get": _document("openapi", "This document", JSON, {"type": "object"})},
        "/docs": {"get": _document("docs", "This document, for people", "text/html", {"type": "string"})},
    }


def _read(operation: str, summary: str, answer: type[Answer], *, secured: bool = True) -> dict[str, Any]:
    errors = READING_ERRORS if secured else (500,)
    return {
        "operationId": operation,
        "tags": [_TAG_OF.get(operation, "service")],
        "summary": summary,
        "responses": {"200": json_response("Success", answer.__name__), **error_responses(errors)},
    } | security(secured)


def _proof() -> dict[str, Any]:
    content = {JSON: {"schema": {"type": "object"}}}
    return {
        "operationId": "getProof",
        "tags": [_TAG_OF["getProof"]],
        "summary": "What was measured of a package beyond its manifest",
        "responses": {"200": {"description": "Success", "content": content}, **error_responses(READING_ERRORS)},
    } | security(secured=True)


def _health() -> dict[str, Any]:
    operation = _read("health", "Whether the service can diagnose", HealthAnswer, secured=False)
    operation["responses"]["503"] = json_response("No model can serve", "HealthAnswer")
    return operation


def _bearings() -> dict[str, Any]:
    text = _parameter("q", {"type": "string", "maxLength": 64}, "A part of a designation or a kind. Default: all.")
    operation = _read("listBearings", "The catalogue of bearings", BearingsAnswer, secured=False)
    operation["responses"] |= error_responses((422,))
    return operation | {"parameters": [text]}


def _predict() -> dict[str, Any]:
    content = {JSON: {"schema": _json_body("signal", SIGNAL)}}
    content |= {one.media_type: _file_body(one, one.description) for one in SERVED_FORMATS}
    content[FORM] = {"schema": _form()}
    operation = _post("predict", "One recording, one diagnosis", content, "DiagnosisAnswer")
    one_or_each = [{"$ref": f"{SCHEMAS}DiagnosisAnswer"}, {"$ref": f"{SCHEMAS}ChannelsAnswer"}]
    operation["responses"]["200"]["content"][JSON]["schema"] = {
        "anyOf": one_or_each,
        "description": "ChannelsAnswer where `channel` is `all`.",
    }
    return operation


def _form() -> dict[str, Any]:
    """Return the schema of a form: a file in any of the formats, and options as its other fields."""
    file = _BINARY | {"description": "A recording in any format, recognized by its Content-Type, else its name."}
    options = {name: schema for name, schema in _schema_of_options().items() if schema.get("type") != "object"}
    return {"type": "object", "required": ["file"], "properties": {"file": file, **options}}


def _predict_batch() -> dict[str, Any]:
    body = _json_body("signals", {"type": "array", "minItems": 1, "items": SIGNAL})
    body["properties"]["conditions"] = _of_all_or_each(body["properties"]["conditions"])
    content = {JSON: {"schema": body}}
    content |= {one.media_type: _file_body(one, one.batch_description) for one in SERVED_FORMATS if one.decode_batch}
    return _post("predictBatch", "Many recordings, as many diagnoses", content, "BatchAnswer")


def _of_all_or_each(conditions: dict[str, Any]) -> dict[str, Any]:
    one = {name: value for name, value in conditions.items() if name not in {"default", "description"}}
    description = f"{conditions['description']} One object for all recordings, or a list of one for each."
    return {"anyOf": [one, {"type": "array", "items": one}], "description": description}


def _file_body(one: ServedFormat, description: str) -> dict[str, Any]:
    return {"schema": (_TEXT if one.is_text else _BINARY) | {"description": description}}


def _post(operation: str, summary: str, content: dict[str, Any], answer: str) -> dict[str, Any]:
    return {
        "operationId": operation,
        "tags": [_TAG_OF.get(operation, "service")],
        "summary": summary,
        "description": "The options may stand in the JSON body or in the query, there each of the conditions as"
        " conditions.NAME=VALUE. Bodies may be gzip or deflate.",
        "parameters": _option_parameters(),
        "requestBody": {"required": True, "content": content},
        "responses": {"200": json_response("Success", answer), **error_responses(SERVING_ERRORS)},
    } | security(secured=True)


def _document(operation: str, summary: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    response = {"description": "Success", "content": {media_type: {"schema": schema}}}
    return {
        "operationId": operation,
        "tags": ["service"],
        "summary": summary,
        "responses": {"200": response},
    } | security(secured=False)


def _json_body(member: str, schema: dict[str, Any]) -> dict[str, Any]:
    options = _schema_of_options()
    return {
        "type": "object",
        "required": [member],
        "properties": {member: schema, **options},
        "additionalProperties": False,
    }


def _option_parameters() -> list[dict[str, Any]]:
    properties = _schema_of_options()
    return [
        _parameter(name, {k: v for k, v in schema.items() if k != "description"}, schema["description"])
        for name, schema in properties.items()
        # OpenAPI has no style for conditions.NAME=VALUE: the operation's description explains it.
        if schema.get("type") != "object"
    ]


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components(_ANSWERS, ref_template=SCHEMAS + "{name}")
    return schemas


def _schema_of_options() -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.schema(DiagnosisOptions)["$defs"]["DiagnosisOptions"]["properties"]
    return schema
