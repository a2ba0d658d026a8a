import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from functions.core.errors import ModelUnavailableError, TooManyRequestsError
from functions.core.http.asgi import EDGE_HEADER, allowed_methods, create_starlette
from functions.core.observability.telemetry import request_id_var
from functions.core.settings import Settings
from functions.inference.late_routes import LateRoutes
from tests.conftest import ReadLog
from tests.support.apps import assert_error, client_of

ORIGIN = "https://plant.example.org"


async def echo(_: Request) -> Response:
    await asyncio.sleep(0)
    return PlainTextResponse(request_id_var.get())


async def defect(_: Request) -> Response:
    raise RuntimeError("secret detail")


async def busy(_: Request) -> Response:
    raise TooManyRequestsError("Come back.")


async def down(_: Request) -> Response:
    raise ModelUnavailableError("No model.") from OSError("secret cause")


async def teapot(_: Request) -> Response:
    raise HTTPException(418)


async def gone(_: Request) -> Response:
    raise ClientDisconnect


async def late(_: Request) -> Response:
    async def stream() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("secret detail")

    return StreamingResponse(stream())


async def page(_: Request) -> Response:
    return HTMLResponse("<p>", headers={"content-security-policy": "default-src 'self'"})


async def bare_page(_: Request) -> Response:
    return HTMLResponse("<p>")


ENDPOINTS = (echo, defect, busy, down, teapot, gone, late, page, bare_page)
ROUTES: list[BaseRoute] = [
    *(Route(f"/{endpoint.__name__}", endpoint) for endpoint in ENDPOINTS),
    Route("/echo", echo, methods=["POST"]),
    Route("/things/{name}", echo, methods=["PUT"]),
    Route("/things/{name}", echo),
    LateRoutes("/things", lambda: [Route("/things/{name}", echo, methods=["DELETE"])]),
    Mount("/files", StaticFiles(directory=Path(__file__).parent)),
]


def make_client(settings: Settings) -> httpx.AsyncClient:
    return client_of(create_starlette(ROUTES, settings))


@pytest.fixture
async def bare(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with make_client(settings) as client:
        yield client


async def test_a_given_request_id_is_honoured(bare: httpx.AsyncClient) -> None:
    response = await bare.get("/echo", headers={"x-request-id": "1-abc:d.e_f"})
    assert (response.text, response.headers["x-request-id"]) == ("1-abc:d.e_f", "1-abc:d.e_f")


@pytest.mark.parametrize("proposed", ["a b", "x" * 129, "<script>", ""])
async def test_another_is_replaced(bare: httpx.AsyncClient, proposed: str) -> None:
    response = await bare.get("/echo", headers={"x-request-id": proposed})
    assert re.fullmatch("[0-9a-f]{32}", response.text)
    assert response.headers["x-request-id"] == response.text


@pytest.mark.parametrize(("asked", "expected"), [(None, "gateway-1"), ("a b", "gateway-1"), ("mine", "mine")])
async def test_behind_a_gateway_its_request_id_is_the_default_and_is_logged(
    settings: Settings, read_log: ReadLog, monkeypatch: pytest.MonkeyPatch, asked: str | None, expected: str
) -> None:
    """The gateway's access log, the function's log and the trace are joined by these."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3f;Parent=53995c3f42cd8ad8;Sampled=1")
    app = create_starlette(ROUTES, settings)
    invoked = {
        "aws.event": {"requestContext": {"requestId": "gateway-1"}},
        "aws.context": SimpleNamespace(aws_request_id="lambda-1"),
    }

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, **invoked}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(behind), base_url="http://test") as client:
        response = await client.get("/echo", headers={"x-request-id": asked} if asked else {})
    assert response.headers["x-request-id"] == expected
    (line,) = [one for one in read_log() if one["message"] == "request"]
    assert (line["request_id"], line["gateway_request_id"]) == (expected, "gateway-1")
    assert (line["lambda_request_id"], line["trace_id"]) == ("lambda-1", "1-5759e988-bd862e3f")


@pytest.mark.parametrize("shown", [None, "", "w" * 39, "W" * 40, "\u00e9" * 40])
async def test_a_request_past_cloud_front_is_refused_before_its_route_runs(
    settings: Settings, read_log: ReadLog, shown: str | None
) -> None:
    async with make_client(replace(settings, edge_proofs=["w" * 40, "b" * 40])) as client:
        # As a server receives it: a header's bytes are Latin-1.
        headers = {} if shown is None else {EDGE_HEADER.encode(): shown.encode("latin-1")}
        response = await client.get("/defect", headers=headers)
    assert "answers CloudFront alone" in assert_error(response, 403, "past_edge", None)
    assert [one["status"] for one in read_log() if one["message"] == "request"] == [403]


@pytest.mark.parametrize("shown", ["w" * 40, "b" * 40])
async def test_cloud_front_s_word_and_the_one_before_are_let_through(settings: Settings, shown: str) -> None:
    async with make_client(replace(settings, edge_proofs=["w" * 40, "b" * 40])) as client:
        assert (await client.get("/echo", headers={EDGE_HEADER: shown})).status_code == 200


async def test_requests_side_by_side_keep_their_ids(bare: httpx.AsyncClient) -> None:
    ids = [f"id-{index}" for index in range(20)]
    responses = await asyncio.gather(*(bare.get("/echo", headers={"x-request-id": one}) for one in ids))
    assert [response.text for response in responses] == ids


async def test_a_defect_is_a_500_without_details_and_is_logged_with_its_id(
    bare: httpx.AsyncClient, read_log: Any
) -> None:
    response = await bare.get("/defect", headers={"x-request-id": "abc"})
    sentence = assert_error(response, 500, "internal_error", None)
    assert sentence == "Something went wrong here; the request id finds it in the log."
    assert "secret" not in response.text
    error, access = read_log()
    assert (error["level"], error["message"], error["request_id"], error["path"]) == (
        "ERROR",
        "unhandled error",
        "abc",
        "/defect",
    )
    assert "RuntimeError: secret detail" in error["exc_info"]
    assert (access["status"], access["request_id"]) == (500, "abc")


async def test_a_failure_of_ours_is_logged_with_its_cause(bare: httpx.AsyncClient, read_log: Any) -> None:
    response = await bare.get("/down")
    assert assert_error(response, 503, "model_unavailable", None) == "No model."
    assert response.headers["retry-after"] == ModelUnavailableError.headers["retry-after"]
    error, access = read_log()
    assert (error["level"], error["message"], error["code"]) == ("ERROR", "No model.", "model_unavailable")
    assert "secret cause" in error["exc_info"]
    assert error["request_id"] == access["request_id"] == response.headers["x-request-id"]


async def test_a_caller_s_failure_is_no_error_in_the_log(bare: httpx.AsyncClient, read_log: Any) -> None:
    response = await bare.get("/busy")
    assert_error(response, 429, "too_many_requests", None)
    assert response.headers["retry-after"] == "1"
    (access,) = read_log()
    access.pop("timestamp")
    assert access.pop("duration_ms") >= 0
    assert access == {
        "level": "INFO",
        "logger": "palier",
        "message": "request",
        "method": "GET",
        "path": "/busy",
        "status": 429,
        "request_id": response.headers["x-request-id"],
        "api_key_id": None,
    }


async def test_an_unknown_path_is_not_found(bare: httpx.AsyncClient) -> None:
    sentence = assert_error(await bare.get("/nowhere"), 404, "not_found", None)
    assert sentence == "There is nothing at /nowhere; /docs lists what there is."


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "x" * 5000])
@pytest.mark.parametrize(
    ("path", "allowed"), [("/echo", "GET, HEAD, POST"), ("/page", "GET, HEAD"), ("/files/test_asgi.py", "GET, HEAD")]
)
async def test_another_method_is_not_allowed_and_all_that_are_are_named(
    bare: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await bare.request(method, path)
    assert len(assert_error(response, 405, "method_not_allowed", None)) < 100
    assert response.headers["allow"] == allowed


def test_methods_are_those_of_all_routes_also_of_late_ones() -> None:
    scope = {"type": "http", "method": "PATCH", "path": "/things/a", "root_path": ""}
    assert allowed_methods(ROUTES, scope) == {"DELETE", "GET", "HEAD", "PUT"}


@pytest.mark.parametrize("path", ["/echo/", "/things/a/", "/echo//"])
async def test_no_path_is_redirected(bare: httpx.AsyncClient, path: str) -> None:
    """A redirect would name the caller's Host header."""
    assert_error(await bare.get(path, headers={"host": "evil.example"}), 404, "not_found", None)


@pytest.mark.parametrize("host", ["[", "]", "a:b:c", "[::1", "", "x" * 5000, "a@b", "\xff"])
@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/echo", 405), ("GET", "/echo", 200)]
)
async def test_a_host_that_is_none_is_no_defect(
    bare: httpx.AsyncClient, host: str, method: str, path: str, status: int
) -> None:
    headers = {b"host": host.encode("latin-1")}
    assert (await bare.request(method, path, headers=headers)).status_code == status


async def test_a_path_is_not_repeated_at_length(bare: httpx.AsyncClient) -> None:
    assert len(assert_error(await bare.get("/" + "x" * 20_000), 404, "not_found", None)) < 300


@pytest.mark.parametrize("path", ["/defect", "/busy", "/down", "/teapot", "/nowhere", "/files/absent"])
async def test_no_error_is_kept_by_a_cache(bare: httpx.AsyncClient, path: str) -> None:
    assert (await bare.get(path)).headers["cache-control"] == "no-store"


async def test_a_page_has_its_own_policy_or_one_that_lets_nothing_load(bare: httpx.AsyncClient) -> None:
    assert (await bare.get("/page")).headers["content-security-policy"] == "default-src 'self'"
    assert (await bare.get("/bare_page")).headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "content-security-policy" not in (await bare.get("/echo")).headers


async def test_an_http_exception_nobody_expects_is_a_defect(bare: httpx.AsyncClient) -> None:
    assert_error(await bare.get("/teapot"), 500, "internal_error", None)


async def test_a_defect_after_the_answer_began_is_logged_once(bare: httpx.AsyncClient, read_log: Any) -> None:
    with pytest.raises(AssertionError):  # the client misses the end of the answer
        await bare.get("/late")
    assert [line["message"] for line in read_log()] == ["unhandled error", "request"]


async def test_a_client_that_left_is_no_error(settings: Settings, read_log: Any) -> None:
    transport = httpx.ASGITransport(create_starlette(ROUTES, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://palier") as client:
        with pytest.raises(AssertionError):  # nothing was answered
            await client.get("/gone")
    assert [(line["level"], line["message"]) for line in read_log()] == [
        ("INFO", "client disconnected"),
        ("INFO", "request"),
    ]


async def test_without_origins_no_cross_origin_header_is_sent(bare: httpx.AsyncClient) -> None:
    for response in (
        await bare.get("/echo", headers={"origin": ORIGIN}),
        await bare.options("/echo", headers={"origin": ORIGIN, "access-control-request-method": "GET"}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.fixture
async def shared(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with make_client(replace(settings, cors_origins=[ORIGIN])) as client:
        yield client


async def test_a_preflight_from_an_allowed_origin(shared: httpx.AsyncClient) -> None:
    response = await shared.options(
        "/echo",
        headers={
            "origin": ORIGIN,
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-api-key, content-type",
        },
    )
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    assert response.headers["access-control-max-age"] == "600"
    allowed = {name.strip() for name in response.headers["access-control-allow-headers"].split(",")}
    assert allowed >= {"Content-Type", "Content-Encoding", "X-API-Key", "X-Request-ID", "Idempotency-Key"}
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    ("origin", "method", "header"),
    [
        ("https://evil.example", "POST", "x-api-key"),
        (ORIGIN + ".evil.example", "POST", "x-api-key"),
        (ORIGIN, "PATCH", "x-api-key"),
        (ORIGIN, "POST", "x-other"),
    ],
)
async def test_another_preflight_is_refused(shared: httpx.AsyncClient, origin: str, method: str, header: str) -> None:
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": header}
    response = await shared.options("/echo", headers=asked)
    assert response.status_code == 400
    assert (response.headers.get("access-control-allow-origin") == ORIGIN) is (origin == ORIGIN)


async def test_an_allowed_origin_may_read_answers_and_errors(shared: httpx.AsyncClient) -> None:
    for path in ("/echo", "/busy", "/nowhere"):
        response = await shared.get(path, headers={"origin": ORIGIN})
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert response.headers["access-control-expose-headers"] == (
            "X-Request-ID, Retry-After, Inference-Header-Content-Length"
        )


async def test_a_foreign_origin_may_read_nothing(shared: httpx.AsyncClient) -> None:
    response = await shared.get("/echo", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers
