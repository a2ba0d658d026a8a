"""Error answers of API Gateway itself, in Palier's one shape."""

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway

from cdk.constructs.error_body import error_body
from cdk.stages import Stage

# Response type -> status (None: the gateway's own), code, sentence.
GATEWAY_RESPONSES: Mapping[str, tuple[int | None, str, str]] = {
    "MISSING_AUTHENTICATION_TOKEN": (
        404,
        "not_found",
        "There is nothing at this path for this method; /docs lists what there is.",
    ),
    "BAD_REQUEST_PARAMETERS": (400, "malformed_request", "A parameter of the request is missing."),
    "BAD_REQUEST_BODY": (400, "malformed_body", "The request body is not what this endpoint takes."),
    "REQUEST_TOO_LARGE": (413, "body_too_large", "The request body is too large; about 4.5 MB get through."),
    "THROTTLED": (429, "too_many_requests", "Too many requests; try again in a second."),
    "QUOTA_EXCEEDED": (429, "too_many_requests", "Too many requests; try again later."),
    "WAF_FILTERED": (403, "blocked", "The request was blocked: too many of them, or it looks like an attack."),
    "INTEGRATION_TIMEOUT": (504, "timed_out", "The diagnosis took too long; send shorter recordings, or a job."),
    "INTEGRATION_FAILURE": (503, "dependency_unavailable", "The service cannot answer now; try again in a second."),
    "DEFAULT_4XX": (None, "refused", "The request was refused."),
    "DEFAULT_5XX": (None, "internal_error", "Something went wrong here; the request id finds it in the log."),
}
_RETRY_LATER = {429, 503}


def add_gateway_responses(api: apigateway.RestApi, stage: Stage) -> None:
    """Give every answer of the gateway itself the shape of the functions' errors."""
    for name, (status, code, sentence) in GATEWAY_RESPONSES.items():
        api.add_gateway_response(
            name.title().replace("_", ""),
            type=apigateway.ResponseType.of(name),
            status_code=None if status is None else str(status),
            response_headers=_headers(status, stage),
            templates={"application/json": error_body(code, sentence, "$context.requestId")},
        )


def _headers(status: int | None, stage: Stage) -> dict[str, str]:
    headers = {"X-Request-ID": "context.requestId"}
    if status in _RETRY_LATER:
        headers["Retry-After"] = "'1'"
    if len(stage.cors_origins) == 1:
        # A page must be able to read the reason of a refusal; an answer of the gateway can name one origin only.
        headers["Access-Control-Allow-Origin"] = f"'{stage.cors_origins[0]}'"
    return headers
