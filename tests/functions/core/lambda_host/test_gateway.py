"""Events that Lambda may be invoked with, whole and broken."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.core.http.asgi import create_starlette
from functions.core.lambda_host.gateway import EventNotHttpError, LambdaHandler
from functions.core.settings import Settings
from tests.conftest import ReadLog

EVENTS = Path(__file__).resolve().parents[3] / "fixtures" / "events"
EVERY_BYTE = bytes(range(256))


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/octet-stream")


@pytest.fixture(autouse=True)
def event_loop_of_the_process() -> Iterator[None]:
    """Mangum takes the thread's event loop, and would make one that nobody closes."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def handler() -> LambdaHandler:
    settings = Settings(stage="dev", cors_origins=["https://plant.example.org"])
    return LambdaHandler(create_starlette([Route("/predict", echo, methods=["POST"])], settings), settings)


def event(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EVENTS / "broken_base64.json").read_text())
    return content | changes


def test_bytes_come_in_and_go_out_as_base64(handler: LambdaHandler) -> None:
    answer = handler(event(body=base64.b64encode(EVERY_BYTE).decode()), None)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert base64.b64decode(answer["body"]) == EVERY_BYTE


@pytest.mark.parametrize("body", [None, ""])
@pytest.mark.parametrize("encoded", [True, False])
def test_no_body_is_an_empty_one(handler: LambdaHandler, body: str | None, encoded: bool) -> None:
    assert handler(event(body=body, isBase64Encoded=encoded), None)["body"] == ""


def test_text_is_utf_8(handler: LambdaHandler) -> None:
    answer = handler(event(body="Lager ölen", isBase64Encoded=False), None)
    assert base64.b64decode(answer["body"]).decode() == "Lager ölen"


@pytest.mark.parametrize("body", ["AACAPg*=AABA", "AAC", "A===", "=AAA", "AACAPg==AABA", "AACA\nPg==", "ölöl"])
def test_a_body_that_is_no_base64_is_refused_as_any_request_is(
    handler: LambdaHandler, body: str, read_log: ReadLog
) -> None:
    headers = {"Origin": "https://plant.example.org", "X-Request-ID": "event-1"}
    answer = handler(event(body=body, headers=headers, multiValueHeaders=None), None)
    content = json.loads(answer["body"])
    assert (answer["statusCode"], content["code"], content["request_id"]) == (400, "malformed_body", "event-1")
    assert content["error"].startswith("The event's body is not valid base64: ")
    assert answer["headers"]["access-control-allow-origin"] == "https://plant.example.org"
    (line,) = read_log()
    assert (line["message"], line["path"], line["status"]) == ("request", "/predict", 400)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (json.loads((EVENTS / "not_http.json").read_text()), "it has no httpMethod, path, requestContext, resource"),
        (event(httpMethod=None), "it has no httpMethod"),
        (event(requestContext=None), "it has no requestContext"),
        ({}, "it has no httpMethod, path, requestContext, resource"),
        ([{"httpMethod": "GET"}], "but a JSON array"),
        ("GET /health", "but a JSON string"),
        (None, "but a JSON null"),
        (True, "but a JSON boolean"),
        (3, "but a JSON number"),
    ],
)
def test_what_is_no_request_fails_with_a_sentence(handler: LambdaHandler, sent: object, sentence: str) -> None:
    with pytest.raises(EventNotHttpError, match=f"^The event is no HTTP request of API Gateway.*{sentence}.$"):
        handler(sent, None)
