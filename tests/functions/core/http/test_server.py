"""The address of a server, and the answer to a request that its shutdown cuts off."""

import asyncio
import json
import socket
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from functions.core.http.connections import BoundedProtocol, ConnectionLimits
from functions.core.http.server import CannotListenError, ShutdownBoundary, bind, server_config
from tests.support.processes import refuses

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def receive() -> Message:
    return {"type": "http.request"}


class Sent:
    """What an app sends."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)


async def forever(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


async def half(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.Event().wait()


async def cut_off(app: Any, sent: Sent) -> asyncio.Task[None]:
    task = asyncio.create_task(ShutdownBoundary(app)(SCOPE, receive, sent))
    await asyncio.sleep(0)
    task.cancel("the server ends")
    await asyncio.wait([task])
    return task


def test_what_is_bound_does_not_listen_yet() -> None:
    with bind("127.0.0.1", 0, "") as bound:
        port = bound.getsockname()[1]
        assert refuses(port)
        bound.listen()
        assert not refuses(port)


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("127.0.0.1", 65536, "ports go from 0 to 65535"),
        ("127.0.0.1", -1, "ports go from 0 to 65535"),
        ("no.such.host.invalid", 0, ""),
        ("\ud800", 0, "the host is no name or address"),
        ("192.0.2.1", 0, "Cannot assign requested address"),
        ("2001:db8::1:x", 0, ""),
    ],
    ids=["high port", "negative port", "unknown", "no text", "elsewhere", "no IPv6"],
)
def test_what_cannot_be_had_is_one_sentence(host: str, port: int, reason: str) -> None:
    with pytest.raises(CannotListenError) as refused:
        bind(host, port, "Choose another.")
    assert refused.value.message.startswith(f"cannot listen on {host}:{port}: {reason}")
    assert refused.value.message.endswith(". Choose another.")


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            CannotListenError, match=rf"^cannot listen on 127\.0\.0\.1:{port}: Address already in use\."
        ):
            bind("127.0.0.1", port, "")


async def test_a_request_that_is_cut_off_is_answered_in_the_one_shape() -> None:
    sent = Sent()
    task = await cut_off(forever, sent)
    assert not task.cancelled()
    start, body = sent.messages
    assert (start["status"], dict(start["headers"])[b"connection"]) == (503, b"close")
    assert json.loads(body["body"]) == {
        "error": "The server ended before the request was done; send it again.",
        "code": "shutting_down",
        "field": None,
        "request_id": None,
    }


async def test_an_answer_that_has_begun_is_not_followed_by_another() -> None:
    sent = Sent()
    task = await cut_off(half, sent)
    assert task.cancelled()
    assert [message["type"] for message in sent.messages] == ["http.response.start"]


async def test_what_is_not_cut_off_passes() -> None:
    sent = Sent()
    await ShutdownBoundary(PlainTextResponse("well"))(SCOPE, receive, sent)
    assert sent.messages[1]["body"] == b"well"


def test_uvicorn_gets_the_limits_and_no_needless_settings() -> None:
    limits = ConnectionLimits(4096, 2, 3)
    config = server_config(forever, limits, keep_alive_s=7, shutdown_s=9)
    assert isinstance(config.http, type)
    assert issubclass(config.http, BoundedProtocol)
    assert config.http.limits == limits
    assert (config.timeout_keep_alive, config.timeout_graceful_shutdown) == (7, 9)
    assert (config.ws, config.proxy_headers, config.server_header) == ("none", False, False)
