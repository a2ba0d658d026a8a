"""Events that Lambda may be invoked with, whole and broken."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.core.http.asgi import create_starlette
from functions.core.lambda_host.gateway import EventNotHttpError, LambdaHandler
from functions.core.settings import Settings
from tests.conftest import ReadLog
from tests.support.lambda_function import event_loop_of_the_process

EVENTS = Path(__file__).resolve().parents[3] / "fixtures" / "events"
NOT_HTTP = "The event is no HTTP request of API Gateway, a function URL or a load balancer"
EVERY_BYTE = bytes(range(256))


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/octet-stream")


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    with event_loop_of_the_process():
        yield


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
    with pytest.raises(EventNotHttpError, match=f"^{NOT_HTTP}.*{sentence}.$"):
        handler(sent, None)


TYPES: dict[str, tuple[object, ...]] = {
    "headers": ([], "a", 3, {"a": None}, {"a": 1}, {"a": ["b"]}),
    "multiValueHeaders": ([], "a", {"a": "b"}, {"a": None}, {"a": [None]}, {"a": [1]}),
    "queryStringParameters": ([], "a", {"a": None}, {"a": 1}, {"a": []}),
    "multiValueQueryStringParameters": ([], "a", {"a": "b"}, {"a": [1]}, {"a": None}),
    "requestContext": ({"identity": []}, {"identity": "a"}, {"identity": {"sourceIp": 3}}),
    "body": ({}, [], 3, True),
    "isBase64Encoded": ("true", 1, [], {}),
}


@pytest.mark.parametrize(("member", "value"), [(member, value) for member in TYPES for value in TYPES[member]])
def test_a_member_of_another_type_is_named(handler: LambdaHandler, member: str, value: object) -> None:
    sentence = f"^{NOT_HTTP}: its {member} has another type.$"
    with pytest.raises(EventNotHttpError, match=sentence):
        handler(event(**{member: value}), None)


@pytest.mark.parametrize("member", [*TYPES, "httpMethod", "path"])
def test_a_member_that_is_null_is_none(handler: LambdaHandler, member: str) -> None:
    known = {"body": "", "isBase64Encoded": False}
    if member in {"requestContext", "httpMethod", "path"}:
        with pytest.raises(EventNotHttpError, match=f"it has no {member}"):
            handler(event(**known | {member: None}), None)
    else:
        assert handler(event(**known | {member: None}), None)["statusCode"] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/\ud800"},
        {"httpMethod": "\ud800"},
        {"headers": {"a": "\ud800"}},
        {"headers": {"\ud800": "a"}},
        {"multiValueHeaders": {"a": ["b", "\ud800"]}},
        {"queryStringParameters": {"a": "\ud800"}, "multiValueQueryStringParameters": None},
        {"multiValueQueryStringParameters": {"\ud800": ["a"]}},
    ],
    ids=str,
)
def test_text_that_is_no_unicode_is_no_request(handler: LambdaHandler, changes: dict[str, Any]) -> None:
    with pytest.raises(EventNotHttpError, match="it has text that is no Unicode"):
        handler(event(**changes), None)


def test_a_body_that_is_no_unicode_is_refused_as_any_request_is(handler: LambdaHandler) -> None:
    answer = handler(event(body="\ud800", isBase64Encoded=False), None)
    content = json.loads(answer["body"])
    assert (answer["statusCode"], content["code"]) == (400, "malformed_body")
    assert content["error"] == "The event's body is no Unicode text."


@pytest.mark.parametrize("name", ["Host", "host", "X-Forwarded-Port"])
@pytest.mark.parametrize("value", ["[", "[::1]:80", "a:b", "a:b:c", "a:", "a:-1", "a:" + "9" * 5000, "x", ""])
@pytest.mark.parametrize(("path", "status"), [("/predict", 200), ("/predict/", 404), ("/nowhere", 404)])
def test_an_address_that_is_none_is_no_defect(
    handler: LambdaHandler, name: str, value: str, path: str, status: int
) -> None:
    known = {"body": "", "isBase64Encoded": False, "path": path}
    assert handler(event(**known, headers={name: value}, multiValueHeaders=None), None)["statusCode"] == status
    assert handler(event(**known, headers=None, multiValueHeaders={name: [value]}), None)["statusCode"] == status


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.sampled_from(["\ud800", "[", "a:b"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
MEMBERS = (*TYPES, "httpMethod", "path", "resource", "version")


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3))
def test_any_event_is_answered_or_is_no_request(changes: dict[str, Any]) -> None:
    asyncio.set_event_loop(loop := asyncio.new_event_loop())
    settings = Settings(stage="dev")
    handler = LambdaHandler(create_starlette([Route("/predict", echo, methods=["POST"])], settings), settings)
    try:
        answer = handler(event(**changes), None)
    except EventNotHttpError:
        return
    finally:
        loop.close()
    assert answer["statusCode"] in {200, 400, 404, 405}
