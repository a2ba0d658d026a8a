"""The JSON of an error in Palier's one shape, for answers of AWS in place of a function's."""

import json


def error_body(code: str, sentence: str, request_id: str | None = None) -> str:
    """Return the JSON of an error, as functions/core/http/answers.py has it; a test compares the two."""
    return json.dumps({"error": sentence, "code": code, "field": None, "request_id": request_id})
