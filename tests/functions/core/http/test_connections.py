"""Limits on bytes before a request is complete, over real sockets on loopback."""

import asyncio
import json
import resource
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from functions.core.http.connections import ConnectionLimits
from functions.core.http.server import ShutdownBoundary
from tests.support.servers import serving
from tests.support.waiting import SECONDS, until

HEAD_BYTES = 2048
QUICK = ConnectionLimits(HEAD_BYTES, head_s=1.5, body_s=SECONDS)
SHORT = ConnectionLimits(HEAD_BYTES, head_s=SECONDS, body_s=0.3)
PATIENT = ConnectionLimits(HEAD_BYTES, head_s=SECONDS, body_s=SECONDS)
GET = b"GET / HTTP/1.1\r\nhost: palier\r\n"
POST = b"POST / HTTP/1.1\r\nhost: palier\r\n"
Address = tuple[str, int]


async def count(request: Request) -> Response:
    """Answers how long the body is."""
    return PlainTextResponse(str(len(await request.body())))


async def slow(_: Request) -> Response:
    await asyncio.sleep(2)
    return PlainTextResponse("done")


class Receiving:
    """Reads bodies, and counts those that their callers did not finish."""

    def __init__(self) -> None:
        self.given_up = 0

    async def __call__(self, request: Request) -> Response:
        try:
            return await count(request)
        except ClientDisconnect:
            self.given_up += 1
            raise


async def quiet(scope: Any, receive: Any, send: Any) -> None:
    """What a function's boundary does with a caller who leaves."""
    try:
        await ROUTER(scope, receive, send)
    except ClientDisconnect:
        return


RECEIVING = Receiving()
ROUTER = Router([Route("/", RECEIVING.__call__, methods=["GET", "POST"]), Route("/slow", slow)])
APP = ShutdownBoundary(quiet)


@pytest.fixture(scope="module")
def quick() -> Iterator[Address]:
    """Gives a head little time."""
    with serving(APP, QUICK) as address:
        yield address


@pytest.fixture(scope="module")
def short() -> Iterator[Address]:
    """Gives a body little time."""
    with serving(APP, SHORT) as address:
        yield address


@pytest.fixture(scope="module")
def patient() -> Iterator[Address]:
    with serving(APP, PATIENT) as address:
        yield address


def received(connection: socket.socket) -> bytes:
    """Everything until the server closes; what a reset cuts off is lost."""
    whole = b""
    try:
        while chunk := connection.recv(65536):
            whole += chunk
    except ConnectionResetError:
        return whole
    return whole


def answer_to(address: Address, *parts: bytes) -> bytes:
    with socket.create_connection(address, timeout=SECONDS) as connection:
        for part in parts:
            connection.sendall(part)
        return received(connection)


def sent_until_closed(connection: socket.socket, more: bytes) -> int:
    """Send the same again and again until the server has closed; returns how many bytes that were, at most 100 MB."""
    sent = 0
    with suppress(ConnectionResetError, BrokenPipeError):
        while sent < 100_000_000:
            sent += connection.send(more)
    return sent


def assert_refused(answer: bytes, status: int, code: str) -> str:
    """Check that one answer in the one error shape came, and that the connection is closed; returns its sentence."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert b"connection: close" in head
    document = json.loads(body)
    assert (document["code"], document["field"], document["request_id"]) == (code, None, None)
    return str(document["error"])


def head_of(size_bytes: int) -> bytes:
    """A GET whose path and headers take so many bytes, counted as the server does."""
    fixed = len("/") + len("x") + len("connection") + len("close") + 2 * 4
    return b"GET / HTTP/1.1\r\nconnection: close\r\nx: " + b"a" * (size_bytes - fixed) + b"\r\n\r\n"


def test_a_head_at_the_limit_passes_and_one_byte_more_does_not(patient: Address) -> None:
    assert answer_to(patient, head_of(HEAD_BYTES)).startswith(b"HTTP/1.1 200 ")
    sentence = assert_refused(answer_to(patient, head_of(HEAD_BYTES + 1)), 431, "head_too_large")
    assert sentence == "The head of the request is over the limit of 2048 bytes."


@settings(max_examples=40, deadline=None)
@given(
    path=st.integers(0, 1500),
    names=st.lists(st.integers(1, 400), max_size=40),
    value=st.integers(0, 1500),
    cut=st.integers(1, 4000),
)
def test_whatever_makes_a_head_large_and_however_it_comes_it_is_bounded(
    patient: Address, path: int, names: list[int], value: int, cut: int
) -> None:
    headers = [b"n" * name + b": v\r\n" for name in names] + [b"x: " + b"a" * value + b"\r\n"]
    whole = b"GET /?" + b"q" * path + b" HTTP/1.1\r\nconnection: close\r\n" + b"".join(headers) + b"\r\n"
    counted = len("/?connectionclose") + path + 4 + sum(name + 5 for name in names) + value + 5
    answer = answer_to(patient, whole[:cut], whole[cut:])
    # A head that is refused before its end has come may be cut off by a reset.
    if counted > HEAD_BYTES:
        assert answer == b"" or assert_refused(answer, 431, "head_too_large")
    else:
        assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET /", b"a" * 65536),
        (GET + b"x: ", b"a" * 65536),
        (GET, b"name: value\r\n" * 5000),
        (GET, b"n" * 65536),
        (POST + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: ", b"a" * 65536),
        (POST + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"name: value\r\n" * 5000),
        (POST + b"transfer-encoding: chunked\r\n\r\n1;", b"x" * 65536),
        (b"", b"\r\n" * 32768),
    ],
    ids=["path", "value", "headers", "name", "trailer", "trailers", "chunk extension", "empty lines"],
)
def test_a_head_without_an_end_is_closed_and_never_kept(patient: Address, begin: bytes, more: bytes) -> None:
    tracemalloc.start()
    try:
        with socket.create_connection(patient, timeout=SECONDS) as connection:
            connection.sendall(begin)
            sent = sent_until_closed(connection, more)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # What the kernel's buffers held, not what the caller would have sent.
    assert sent < 20_000_000
    assert peak_bytes < 4_000_000


@contextmanager
def many_files() -> Iterator[None]:
    """Two files for each connection: both ends are in this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_half_sent_heads_are_all_closed_in_time(quick: Address) -> None:
    with many_files(), ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(quick, timeout=SECONDS)) for _ in range(500)]
        for connection in connections:
            # On a busy machine the time of the first may be over before the last has connected.
            with suppress(ConnectionResetError, BrokenPipeError):
                connection.sendall(GET + b"x: half")
        answers = [received(connection) for connection in connections]
    sentences = {assert_refused(answer, 408, "request_timeout") for answer in answers if answer}
    assert sentences == {"The head was not complete after 1.5 s."}
    assert answer_to(quick, GET + b"connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_connection_without_a_byte_is_closed_without_one(quick: Address) -> None:
    assert answer_to(quick) == b""


def test_empty_lines_keep_no_connection_open(quick: Address) -> None:
    answer = answer_to(quick, b"\r\n")
    assert answer == b"" or assert_refused(answer, 408, "request_timeout")


@pytest.mark.parametrize(
    "begun",
    [
        POST + b"content-length: 10\r\n\r\nhalf",
        POST + b"content-length: 10\r\n\r\n",
        POST + b"content-length: 10\r\nexpect: 100-continue\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nx: y",
    ],
    ids=["half", "none", "expects to continue", "chunks", "trailer"],
)
def test_a_body_that_stops_is_a_408_and_whoever_reads_it_is_let_go(short: Address, begun: bytes) -> None:
    before = RECEIVING.given_up
    answer = answer_to(short, begun).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert assert_refused(answer, 408, "request_timeout") == "The body was not complete 0.3 s after the head."
    until(lambda: RECEIVING.given_up == before + 1)


def test_bytes_now_and_then_give_a_body_no_more_time(short: Address) -> None:
    sent = 0
    # A machine that is busy may have sent nothing by then: it tries again.
    while sent < 2:
        answer, sent = dripped(short)
        assert_refused(answer, 408, "request_timeout")


def dripped(address: Address) -> tuple[bytes, int]:
    """Send a body byte by byte until an answer comes; returns that, and how many bytes were sent."""
    with socket.create_connection(address, timeout=0.02) as connection:
        connection.sendall(POST + b"content-length: 100000\r\n\r\n")
        answer, sent = b"", 0
        while not answer and sent < 100_000:
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                sent += connection.send(b"a")
    return answer, sent


def test_a_kept_connection_gives_each_head_its_own_time(quick: Address) -> None:
    with socket.create_connection(quick, timeout=SECONDS) as connection:
        for wait_s in (0.0, 0.8, 0.8):
            # The timer of the connection's beginning goes off on the way, when nothing is late.
            time.sleep(wait_s)
            connection.sendall(GET + b"\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(GET)
        assert_refused(received(connection), 408, "request_timeout")


def test_an_answer_that_did_not_wait_for_the_body_is_not_spoiled(short: Address) -> None:
    answer = answer_to(short, b"POST /absent HTTP/1.1\r\ncontent-length: 10\r\n\r\nhalf")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_half_a_head_behind_a_request_at_work_does_not_cost_its_answer(quick: Address) -> None:
    with socket.create_connection(quick, timeout=SECONDS) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\n\r\nGET / HT")
        assert connection.recv(65536).endswith(b"done")
        connection.sendall(b"TP/1.1\r\nconnection: close\r\n\r\n")
        assert received(connection).startswith(b"HTTP/1.1 200 ")


def test_too_large_a_head_behind_a_request_at_work_closes_without_a_word(patient: Address) -> None:
    assert answer_to(patient, b"GET /slow HTTP/1.1\r\n\r\n" + head_of(HEAD_BYTES + 1)) == b""


def test_requests_may_follow_one_another_but_not_without_end(patient: Address) -> None:
    one, last = b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"
    assert answer_to(patient, one * 15 + last).count(b"HTTP/1.1 200 ") == 16
    assert answer_to(patient, one * 5000).count(b"HTTP/1.1 200 ") == 0


@pytest.mark.parametrize(
    "sent",
    [b"hello\r\n\r\n", POST + b"content-length: many\r\n\r\n", POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n"],
    ids=["words", "length", "chunk"],
)
def test_what_is_no_http_has_its_sentence(patient: Address, sent: bytes) -> None:
    assert_refused(answer_to(patient, sent), 400, "malformed_request")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 200), max_size=6))
def test_a_request_in_pieces_is_the_same_request(patient: Address, cuts: list[int]) -> None:
    whole = POST + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\ndefgh\r\n0\r\nx: y\r\n\r\n"
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [whole[start:end] for start, end in pairwise(places)]
    assert answer_to(patient, *pieces).endswith(b"\r\n\r\n8")
