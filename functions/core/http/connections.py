"""Limits of a server's connections, before a request is complete: bytes and time of the head, time of the body.

For uvicorn; on Lambda, API Gateway does this. Source of the overridden methods: uvicorn's HttpToolsProtocol, which
httptools calls with each part of a request.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from functions.core.errors import (
    HeadTooLargeError,
    MalformedRequestError,
    PalierError,
    RequestTimeoutError,
    TooManyRequestsError,
)
from functions.core.http.asgi import error_response

# What a header costs beside its name and value: colon, space, CR and LF.
_HEADER_BYTES = 4
# Requests that may follow one another before the first is answered.
_MOST_PIPELINED = 16


@dataclass(frozen=True)
class ConnectionLimits:
    """The most bytes and seconds that a request may take until it is complete.

    head_bytes: of the request line and the headers; also of the trailers behind a chunked body.
    head_s: until the head is complete, from the connection or the first byte on.
    body_s: until the body is complete, from the head on.
    """

    head_bytes: int = 32_768
    head_s: float = 10.0
    body_s: float = 60.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection: refuses a head that is too large, and closes when a request is not complete in time."""

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # When the head or body on its way must be complete; a timer that rings earlier is set again.
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._in_body = False
        # Received since the parser last gave away a part of a body: a head, or trailers.
        self._kept_bytes = 0
        self._fault: PalierError | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time of a head; a caller that sends nothing has as long as one whose head is slow."""
        super().connection_made(transport)
        self._allow(self.limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass bytes to the parser, which keeps those of a head until it is complete, and check their number."""
        if self._due is None:
            self._allow(self.limits.head_s)
        self._kept_bytes += len(data)
        super().data_received(data)
        if self._kept_bytes > self.limits.head_bytes and not self.transport.is_closing():
            self._refuse(self._too_large())

    def on_headers_complete(self) -> None:
        """Accept a head, unless it is too large or too many requests wait on the connection."""
        self._kept_bytes = 0
        size_bytes = len(self.url) + sum(len(name) + len(value) + _HEADER_BYTES for name, value in self.headers)
        if size_bytes > self.limits.head_bytes:
            self._fault = self._too_large()
        elif len(self.pipeline) >= _MOST_PIPELINED:
            self._fault = TooManyRequestsError(f"{_MOST_PIPELINED} requests wait on this connection already.")
        if self._fault is not None:
            raise self._fault
        self._in_body = True
        super().on_headers_complete()
        self._allow(self.limits.body_s)

    def on_body(self, body: bytes) -> None:
        """Accept a part of a body."""
        self._kept_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Accept the end of a request: from here on the time is the server's."""
        self._kept_bytes, self._in_body, self._due = 0, False, None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that the parser cannot read."""
        self._refuse(self._fault or MalformedRequestError("What was sent is no HTTP/1.1: a head or a chunk is broken."))

    def _too_large(self) -> HeadTooLargeError:
        return HeadTooLargeError(f"The head of the request is over the limit of {self.limits.head_bytes} bytes.")

    def _allow(self, seconds: float) -> None:
        self._due = self.loop.time() + seconds
        # A timer for each request would cost more than everything else here.
        if self._timer is None or self._timer.when() > self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self.loop.time() < self._due:
            self._timer = self.loop.call_at(self._due, self._look)
        else:
            self._due = None
            self._expire()

    def _expire(self) -> None:
        if self._in_body:
            self._refuse(RequestTimeoutError(f"The body was not complete {self.limits.body_s:g} s after the head."))
        elif self._kept_bytes and not self._at_work():
            self._refuse(RequestTimeoutError(f"The head was not complete after {self.limits.head_s:g} s."))
        elif not self._at_work():
            self.transport.close()

    def _at_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, error: PalierError) -> None:
        """Send an error, unless another answer has begun or must come first, and close the connection."""
        answered = (self.cycle.response_started or bool(self.pipeline)) if self._in_body else self._at_work()
        if not answered:
            self.transport.write(_encoded(error))
        self.transport.close()
        if self._at_work():
            # The app that waits for the rest of the body must not wait until the caller has received the answer.
            self.cycle.disconnected = True
            self.cycle.message_event.set()


def bounded_protocol(given: ConnectionLimits) -> type[BoundedProtocol]:
    """Return the protocol with its limits, as uvicorn's `http` takes it."""

    class Protocol(BoundedProtocol):
        limits = given

    return Protocol


def _encoded(error: PalierError) -> bytes:
    response = error_response(error)
    response.headers["connection"] = "close"
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(response.body)])
