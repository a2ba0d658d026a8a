"""The one error shape of Palier, for what AWS answers in place of a function."""

import json


def error_body(code: str, sentence: str, request_id: str | None = None) -> str:
    """Return the JSON of an error, as functions/core/http/answers.py has it; a test holds both together."""
    return json.dumps({"error": sentence, "code": code, "field": None, "request_id": request_id})
