"""One request through every door that AWS has for HTTP: the app gets the same, the answer has the door's own shape."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from build_scripts.local.lambda_sandbox.events import read_event, read_example
from functions.core.http.asgi import create_starlette
from functions.core.lambda_host.gateway import EventNotHttpError, LambdaHandler
from functions.core.settings import Settings
from tests.support.lambda_function import EVENTS, event_loop_of_the_process

# Each is POST /predict with options, two cookies, a header that came twice and a second of float32; of what comes twice
# the one that a load balancer sends of single values has the last.
DOORS = ("through_http_api", "through_function_url", "through_load_balancer_multi", "rest_base_path")
SINGLE = "through_load_balancer"
EVERY_BYTE = bytes(range(256))


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    with event_loop_of_the_process():
        yield


def event_of(name: str) -> dict[str, Any]:
    path = EVENTS / f"{name}.json"
    event: dict[str, Any] = read_event(path if path.exists() else name)
    return event


async def describe(request: Request) -> Response:
    several = ",".join(part.strip() for value in request.headers.getlist("x-several") for part in value.split(","))
    return JSONResponse(
        {
            "path": request.url.path,
            "query": request.query_params.multi_items(),
            "cookies": dict(request.cookies),
            "several": several,
            "client": request.client.host if request.client else None,
            "bytes": len(await request.body()),
        }
    )


async def bite(_: Request) -> Response:
    answer = Response(EVERY_BYTE, media_type="application/octet-stream")
    answer.set_cookie("plant", "one")
    answer.set_cookie("hall", "two")
    return answer


@pytest.fixture
def handler(loop: None) -> LambdaHandler:
    settings = Settings(stage="dev")
    routes = [Route("/predict", describe, methods=["POST"]), Route("/predict", bite, methods=["GET"])]
    return LambdaHandler(create_starlette([*routes, Route("/models/{name}", describe)], settings), settings)


def got(handler: LambdaHandler, event: dict[str, Any]) -> dict[str, Any]:
    answer = handler(event, None)
    assert answer["statusCode"] == 200, answer
    content: dict[str, Any] = json.loads(answer["body"])
    return content


@pytest.mark.parametrize("name", DOORS)
def test_the_app_gets_the_same_request(handler: LambdaHandler, name: str) -> None:
    assert got(handler, event_of(name)) == {
        "path": "/predict",
        "query": [["full_scale", "4"], ["return_top_k", "2"]],
        "cookies": {"plant": "one", "hall": "two"},
        "several": "first,second",
        "client": "192.0.2.1",
        "bytes": 4 * len(read_example("clearance.wav", 1)),
    }


def test_a_load_balancer_of_single_values_sends_the_last(handler: LambdaHandler) -> None:
    content = got(handler, event_of(SINGLE))
    assert (content["query"], content["several"]) == ([["full_scale", "4"], ["return_top_k", "2"]], "second")
    assert content["cookies"] == {"plant": "one", "hall": "two"}


@pytest.mark.parametrize("name", DOORS)
def test_an_option_that_is_given_twice_arrives_twice(handler: LambdaHandler, name: str) -> None:
    twice = {"rawQueryString": "q=1&q=2", "multiValueQueryStringParameters": {"q": ["1", "2"]}}
    assert got(handler, event_of(name) | twice)["query"] == [["q", "1"], ["q", "2"]]


def test_a_load_balancer_s_query_is_decoded_once(handler: LambdaHandler) -> None:
    event = event_of(SINGLE) | {"queryStringParameters": {"asset_id": "pump%207%2525"}}
    assert got(handler, event)["query"] == [["asset_id", "pump 7%25"]]


def test_the_health_check_of_a_target_group_is_a_request(handler: LambdaHandler) -> None:
    event = event_of(SINGLE) | {"httpMethod": "POST", "headers": {"user-agent": "ELB-HealthChecker/2.0"}}
    event |= {"queryStringParameters": {}, "body": "", "isBase64Encoded": False}
    assert got(handler, event)["bytes"] == 0


@pytest.mark.parametrize("name", [*DOORS, SINGLE])
def test_bytes_and_two_cookies_go_out_as_the_door_has_them(handler: LambdaHandler, name: str) -> None:
    event = event_of(name) | {"httpMethod": "GET", "body": None, "isBase64Encoded": False}
    if "http" in event["requestContext"]:
        event["requestContext"]["http"]["method"] = "GET"
    answer = handler(event, None)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert base64.b64decode(answer["body"]) == EVERY_BYTE
    assert sorted(_set_cookies(answer)) == ["hall=two", "plant=one"]
    assert answer["headers" if "headers" in answer else "multiValueHeaders"]["x-request-id"] in ("door-1", ["door-1"])


def _set_cookies(answer: dict[str, Any]) -> list[str]:
    """Cookies where each door wants them: a list, a header of several values, a header in several spellings."""
    several = answer.get("multiValueHeaders", {}).get("set-cookie", [])
    spelt = [value for name, value in answer.get("headers", {}).items() if name.lower() == "set-cookie"]
    return [value.partition(";")[0] for value in (*answer.get("cookies", []), *several, *spelt)]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"rawPath": "/dev/models/a", "routeKey": "GET /models/{name}", "pathParameters": {"name": "a"}}, "/models/a"),
        ({"rawPath": "/models/a"}, "/models/a"),
        ({"rawPath": "/dev/models/a%20b", "routeKey": "$default"}, "/models/a b"),
        (
            {"rawPath": "/x/dev/models/a", "routeKey": "GET /{path+}", "pathParameters": {"path": "models/a"}},
            "/models/a",
        ),
    ],
)
def test_stage_and_base_path_are_taken_off(handler: LambdaHandler, changes: dict[str, Any], path: str) -> None:
    event = event_of("through_http_api") | changes
    event["requestContext"]["http"]["method"] = "GET"
    assert got(handler, event)["path"] == path


@pytest.mark.parametrize("path", ["/dev", "/dev/", "/developers/predict", "/devpredict"])
def test_what_only_begins_like_the_stage_keeps_its_path(handler: LambdaHandler, path: str) -> None:
    event = event_of("through_http_api") | {"rawPath": path, "routeKey": "$default"}
    assert handler(event, None)["statusCode"] == 404


def test_a_base_path_of_an_http_api_is_taken_off(handler: LambdaHandler) -> None:
    event = event_of("http_api_base_path")
    event["requestContext"]["http"]["method"] = "GET"
    assert got(handler, event)["path"] == "/models/journal-bearing"


@pytest.mark.parametrize("name", [*DOORS, SINGLE])
def test_a_body_that_is_no_base64_is_refused_behind_every_door(handler: LambdaHandler, name: str) -> None:
    answer = handler(event_of(name) | {"body": "AACAPg*=AABA"}, None)
    content = json.loads(answer["body"])
    assert (answer["statusCode"], content["code"], content["request_id"]) == (400, "malformed_body", "door-1")


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("through_http_api", {"rawPath": None}, "it has no rawPath"),
        ("through_http_api", {"requestContext": {}}, "its requestContext has another type"),
        ("through_http_api", {"cookies": [3]}, "its cookies has another type"),
        ("through_http_api", {"rawQueryString": {}}, "its rawQueryString has another type"),
        ("through_http_api", {"cookies": ["\ud800"]}, "it has text that is no Unicode"),
        ("through_load_balancer", {"path": None}, "it has no path"),
        ("through_load_balancer", {"requestContext": {"elb": []}}, "its requestContext has another type"),
        ("through_load_balancer", {"headers": {"a": ["b"]}}, "its headers has another type"),
        ("through_load_balancer_multi", {"multiValueHeaders": {"a": "b"}}, "its multiValueHeaders has another type"),
    ],
)
def test_what_no_door_sends_fails_with_a_sentence(
    handler: LambdaHandler, name: str, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(EventNotHttpError, match=f"{sentence}.$"):
        handler(event_of(name) | changes, None)


@pytest.mark.parametrize("name", [*DOORS, SINGLE])
@pytest.mark.parametrize(
    "member", ["headers", "multiValueHeaders", "queryStringParameters", "rawQueryString", "cookies"]
)
def test_null_is_nothing_behind_every_door(handler: LambdaHandler, name: str, member: str) -> None:
    assert got(handler, event_of(name) | {member: None})["path"] == "/predict"
