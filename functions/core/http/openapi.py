"""Shared pieces of the OpenAPI document, and the parts of it that are stored as files.

One document describes all functions, but no function imports another. So a function that does not serve the document
stores its part as a file, `core/http/api/NAME.json`; a test compares it with the code that made it.
"""

import json
from pathlib import Path
from typing import Any

from functions.core.preprocessing.signal import MOST_CHANNELS

SCHEMAS = "#/components/schemas/"
PARTS = Path(__file__).parent / "api"

_ERRORS = {
    400: "The body is not what its content type or protocol states.",
    401: "No API key, or one that is not valid.",
    403: "The API key lacks the scope.",
    404: "No such model, version, job or asset.",
    409: "The job is in a state that does not allow it.",
    413: "The body, recording, batch or job is over its limit; the limit is named.",
    415: "The content type is not accepted; those that are are named.",
    422: "Well-formed, but no diagnosis can come of it.",
    429: "Too many requests; Retry-After states how many seconds to wait.",
    500: "A defect of the service; the request id finds it in the log.",
    503: "The model, or a service it needs, is not available; Retry-After states how many seconds to wait.",
}
_NUMBERS = {"type": "array", "minItems": 1, "items": {"type": "number"}}
# A recording in JSON.
SIGNAL = {
    "description": "Samples in the model's unit, [samples] or [channels, samples].",
    "anyOf": [_NUMBERS, {"type": "array", "minItems": 1, "maxItems": MOST_CHANNELS, "items": _NUMBERS}],
}
SERVING_ERRORS = tuple(status for status in _ERRORS if status != 409)
READING_ERRORS = (401, 403, 404, 429, 500, 503)


def json_response(description: str, schema: str) -> dict[str, Any]:
    """Return a response of JSON that has one of the schemas."""
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": SCHEMAS + schema}}},
    }


def error_responses(statuses: tuple[int, ...]) -> dict[str, Any]:
    """Return the responses of these statuses."""
    return {str(status): json_response(_ERRORS[status], "ErrorAnswer") for status in statuses}


def security(secured: bool) -> dict[str, Any]:
    """Return the security requirement of an operation: an API key, or none."""
    return {"security": [{"apiKey": []}] if secured else []}


def read_parts() -> list[dict[str, Any]]:
    """Read the stored parts, sorted by name; each has `tags`, `paths` and `schemas`."""
    return [json.loads(path.read_bytes()) for path in sorted(PARTS.glob("*.json"))]
