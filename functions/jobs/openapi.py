"""The jobs function's part of the OpenAPI document.

    python -m functions.jobs.openapi

writes it to the file from which the inference function, which serves the document, reads it; a test compares the two.
"""

import json
from typing import Any

import msgspec

from functions.core.http.answers import Answer, ErrorAnswer
from functions.core.http.openapi import PARTS, READING_ERRORS, SCHEMAS, SIGNAL, error_responses, json_response, security
from functions.core.models.options import ASSET_ID, DiagnosisOptions
from functions.jobs.assets import HISTORY_CURSOR
from functions.jobs.endpoints import IDEMPOTENCY_KEY, JOB_CURSOR
from functions.jobs.members import LONGEST_TEXT
from functions.jobs.queries import LARGEST_INDEX, LARGEST_PAGE
from functions.jobs.schemas import (
    AssetsAnswer,
    DownloadAnswer,
    HistoryAnswer,
    JobAnswer,
    JobsAnswer,
    ResultsAnswer,
    SubmittedAnswer,
)
from functions.jobs.submission import LONGEST_PREFIX, MOST_UPLOADS, RecordingOptions, UploadedFile, WebhookTarget

FILE = PARTS / "jobs.json"
TAGS = {
    "jobs": "Many recordings at once: take, diagnose, collect.",
    "assets": "One machine over time.",
}
_ANSWERS: tuple[type[Answer], ...] = (
    AssetsAnswer,
    DownloadAnswer,
    ErrorAnswer,
    HistoryAnswer,
    JobAnswer,
    JobsAnswer,
    ResultsAnswer,
    SubmittedAnswer,
)
_SIGNALS = {"type": "array", "minItems": 1, "items": SIGNAL, "description": "Recordings inline."}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}


def jobs_part() -> dict[str, Any]:
    """Return the part: tags, paths and schemas."""
    _, schemas = msgspec.json.schema_components(
        (*_ANSWERS, RecordingOptions, UploadedFile, WebhookTarget), ref_template=SCHEMAS + "{name}"
    )
    for name in ("RecordingOptions", "UploadedFile"):
        schemas[name] |= {"properties": _as_strict_as_common(schemas[name]["properties"])}
    return {"tags": TAGS, "paths": _job_paths() | _asset_paths(), "schemas": schemas}


def write_part() -> None:
    """Write the part to its file."""
    FILE.write_text(json.dumps(jobs_part(), indent=1, sort_keys=True) + "\n")


def _as_strict_as_common(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a recording's own options with the types of the job's options, by which they are read."""
    common = _options()
    return {
        name: (own | {"anyOf": _alternatives(common[name])} if name in common else own)
        for name, own in properties.items()
    }


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    one = {name: value for name, value in schema.items() if name not in {"default", "description"}}
    found: list[dict[str, Any]] = schema.get("anyOf", [one, {"type": "null"}])
    return found


def _options() -> dict[str, Any]:
    properties: dict[str, Any] = msgspec.json.schema(DiagnosisOptions)["$defs"]["DiagnosisOptions"]["properties"]
    return properties


def _job_paths() -> dict[str, Any]:
    job = [_path("job_id")]
    page = _page({"type": "string", "pattern": f"^{JOB_CURSOR}$"})
    results_page = _page({"type": "integer", "minimum": 0, "maximum": LARGEST_INDEX})
    return {
        "/jobs": {
            "post": _submit(),
            "get": _operation("listJobs", "The key's jobs, newest first", "JobsAnswer", page, (422,)),
        },
        "/jobs/{job_id}": {
            "get": _operation("getJob", "State, counts, progress and time left", "JobAnswer", job),
            "delete": _operation("cancelJob", "Cancel a job", "JobAnswer", job, (409,)),
        },
        "/jobs/{job_id}/start": {
            "post": _operation("startJob", "Begin a job whose uploads are there", "JobAnswer", job, (409,)),
        },
        "/jobs/{job_id}/results": {"get": _results([*job, *results_page])},
    }


def _page(cursor: dict[str, Any]) -> list[dict[str, Any]]:
    return [_query("limit", _LIMIT), _query("cursor", cursor, "next_cursor of the page before.")]


def _asset_paths() -> dict[str, Any]:
    page = _page({"type": "string", "pattern": ASSET_ID})
    history_page = _page({"type": "string", "pattern": f"^{HISTORY_CURSOR}$"})
    span = [
        _query("from", _TIME),
        _query("to", _TIME, "This moment is within the span."),
        _query("order", {"enum": ["newest", "oldest"]}, "Which comes first. Default: newest."),
    ]
    return {
        "/assets": {"get": _operation("listAssets", "Every asset with a history", "AssetsAnswer", page, (422,))},
        "/assets/{asset_id}/history": {
            "get": _operation(
                "getHistory",
                "An asset's diagnoses over time",
                "HistoryAnswer",
                [_path("asset_id"), *span, *history_page],
                (422,),
            )
        },
    }


def _submit() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": _TEXT | {"pattern": f"^{IDEMPOTENCY_KEY}$"},
        "description": "Of your choice; the same submission with the same key is one job.",
    }
    errors = (400, 413, 415, 422)
    operation = _operation("submitJob", "Take recordings, or offer to upload them", "SubmittedAnswer", [key], errors)
    operation["responses"]["202"] = operation["responses"].pop("200")
    return operation | {
        "description": "Recordings come inline (signals), by upload (uploads) or by reference (prefix).",
        "requestBody": {"required": True, "content": {"application/json": {"schema": _body()}}},
    }


def _body() -> dict[str, Any]:
    files = {"type": "array", "minItems": 1, "maxItems": MOST_UPLOADS, "items": {"$ref": SCHEMAS + "UploadedFile"}}
    own = {"type": "array", "items": {"$ref": SCHEMAS + "RecordingOptions"}}
    ways: dict[str, Any] = {
        "signals": _SIGNALS,
        "uploads": files | {"description": "Files that are to be uploaded."},
        "prefix": {
            "type": "string",
            "pattern": "^s3://.+/$",
            "maxLength": LONGEST_PREFIX,
            "description": "s3:// of the service's own bucket, with a slash at its end.",
        },
    }
    more = {
        "recordings": own | {"description": "Of signals: an entry for each."},
        "webhook": {"$ref": SCHEMAS + "WebhookTarget"},
    }
    return {
        "type": "object",
        "oneOf": [{"required": [way]} for way in ways],
        "properties": {**ways, **more, **{name: _bounded(schema) for name, schema in _options().items()}},
        "additionalProperties": False,
    }


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """Return an option's schema with the longest text that a job accepts."""
    kinds = [one | ({"maxLength": LONGEST_TEXT} if one == _TEXT else {}) for one in schema.get("anyOf", ())]
    return schema | ({"anyOf": kinds} if kinds else {})


def _results(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    kind = _query("download", {"enum": ["jsonl", "csv"]}, "Answer with a URL of all results instead.")
    operation = _operation(
        "getResults", "Results in the order of the recordings", "ResultsAnswer", [*parameters, kind], (409, 422)
    )
    either = [{"$ref": SCHEMAS + name} for name in ("ResultsAnswer", "DownloadAnswer")]
    operation["responses"]["200"]["content"]["application/json"]["schema"] = {"anyOf": either}
    return operation


def _operation(
    name: str, summary: str, answer: str, parameters: list[dict[str, Any]], errors: tuple[int, ...] = ()
) -> dict[str, Any]:
    statuses = tuple(sorted({*READING_ERRORS, *errors}))
    return {
        "operationId": name,
        "tags": ["assets" if name in {"listAssets", "getHistory"} else "jobs"],
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": json_response("Success", answer), **error_responses(statuses)},
    } | security(secured=True)


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _query(name: str, schema: dict[str, Any], description: str | None = None) -> dict[str, Any]:
    described = {} if description is None else {"description": description}
    return {"name": name, "in": "query", "schema": schema, **described}


if __name__ == "__main__":
    write_part()
