"""Limits over a raw socket, against a real server."""

import json
import socket
from contextlib import suppress
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.support.servers import serving
from tests.support.waiting import SECONDS


def answer_to(address: tuple[str, int], request: bytes) -> tuple[bytes, dict[str, Any]]:
    """Send bytes and read until the server closes; returns the status line and the JSON body."""
    received = b""
    with socket.create_connection(address, timeout=SECONDS) as connection:
        # A server that closes before it has read everything resets the connection; its answer arrives before that.
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(request)
        with suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return head, json.loads(body)


HEAD = b"POST /predict HTTP/1.1\r\nHost: palier\r\nContent-Type: application/octet-stream\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + b"Content-Length: 10000000000\r\n\r\n",
        HEAD + b"Content-Length: 10000000000\r\nContent-Encoding: gzip\r\n\r\n",
        HEAD
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"10000\r\n"
        + bytes(65536)
        + b"\r\n"
        + b"2ffff\r\n"
        + bytes(196607),
    ],
    ids=["announced", "announced and packed", "chunked"],
)
def test_a_body_over_the_limit_is_refused_before_it_is_sent_and_the_connection_closed(
    app: Starlette, request_: bytes
) -> None:
    with serving(app) as address:
        head, body = answer_to(address, request_)
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in head.lower()
    assert (body["code"], body["field"]) == ("body_too_large", None)
    assert body["error"] == "The body is over the limit of 200000 bytes."
