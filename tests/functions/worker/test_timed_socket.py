"""An answer of any bytes ends in time, and is read up to a bound."""

import http.client
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.worker.timed_socket import MOST_ANSWER_BYTES, Deadline, TimedSocket

ENDLESS = 10 * MOST_ANSWER_BYTES


class Answer:
    """A socket that gives an answer of any length; counts what was read of it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.read = 0

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def makefile(self, mode: str, buffering: int) -> "Answer":
        assert (mode, buffering) == ("rb", 0)
        return self

    def readinto(self, buffer: memoryview) -> int:
        piece = self.content[self.read : self.read + len(buffer)]
        buffer[: len(piece)] = piece
        self.read += len(piece)
        return len(piece)

    def send(self, data: memoryview) -> int:
        return min(len(data), 3)

    def close(self) -> None:
        """Nothing is open."""


def status(answer: Answer) -> int | None:
    """The status that http.client finds in an answer, and some of the body."""
    timed: socket.socket = TimedSocket(answer, Deadline(60.0))  # type: ignore[arg-type, assignment]
    response = http.client.HTTPResponse(timed, method="POST")
    try:
        response.begin()
        response.read(1024)
    except http.client.HTTPException:
        return None
    finally:
        response.close()
    return response.status


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" * (ENDLESS // 25), None),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (ENDLESS // 6), None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * ENDLESS, 200),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * ENDLESS, 200),
        (b"y" * ENDLESS, None),
    ],
    ids=["continue", "headers", "header", "body", "line"],
)
def test_no_more_is_read_than_the_bound(content: bytes, expected: int | None) -> None:
    answer = Answer(content)
    assert status(answer) == expected
    assert answer.read <= MOST_ANSWER_BYTES


@given(
    st.sampled_from(
        [b"", b"HTTP/1.1 200 ", b"HTTP/1.1 204 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
    ),
    st.binary(max_size=200),
)
def test_whatever_comes_is_a_status_or_no_answer(start: bytes, rest: bytes) -> None:
    assert status(Answer(start + rest)) in {None, *range(100, 1000)}


def test_everything_is_sent_however_little_is_taken_at_once() -> None:
    taken: list[bytes] = []

    class Slow(Answer):
        def send(self, data: memoryview) -> int:
            taken.append(bytes(data[:3]))
            return min(len(data), 3)

    TimedSocket(Slow(b""), Deadline(60.0)).sendall(b"0123456789")  # type: ignore[arg-type]
    assert b"".join(taken) == b"0123456789"


def test_a_deadline_passes() -> None:
    assert 0 < Deadline(60.0).left_s() <= 60.0
    with pytest.raises(TimeoutError):
        Deadline(0.0).left_s()
