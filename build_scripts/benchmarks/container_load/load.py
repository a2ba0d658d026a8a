"""Many clients at once, each of which sends its next request when the last one is answered."""

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import numpy as np

from build_scripts.errors import BuildError

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_ANSWERED = b"HTTP/1.1 200 "
_REFUSED = (b"HTTP/1.1 429 ", b"HTTP/1.1 503 ")


@dataclass(frozen=True)
class Post:
    """A request that is sent again and again: where to, with which headers, and its body."""

    url: str
    headers: tuple[str, ...]
    body: bytes

    def encoded(self) -> bytes:
        """Return it as HTTP/1.1 has it."""
        place = urlsplit(self.url)
        target = place.path + (f"?{place.query}" if place.query else "")
        lines = (f"POST {target} HTTP/1.1", f"host: {place.hostname}", *self.headers)
        return "\r\n".join((*lines, f"content-length: {len(self.body)}", "", "")).encode() + self.body


@dataclass(frozen=True)
class Measured:
    """The figures of a load: answers of 200 a second, the latency of each in ms, and the number of refused requests."""

    per_second: float
    latencies_ms: tuple[float, ...]
    refused: int = 0

    def percentile_ms(self, percent: float) -> float:
        """Return a percentile of the latencies, in ms."""
        return float(np.percentile(self.latencies_ms, percent))


def load(post: Post, clients: int, seconds: float) -> Measured:
    """Send a request from so many connections for so long; only answers of 200 count, those of 429 and 503 apart.

    Raises:
        BuildError: another status, no answer of 200 at all, or a connection is closed.
    """
    with asyncio.Runner(loop_factory=fastest_loop) as runner:
        return runner.run(_load(post, clients, seconds))


def fastest_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop, uvloop's where it is: the less the clients take, the more the server has."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


async def _load(post: Post, clients: int, seconds: float) -> Measured:
    place = urlsplit(post.url)
    host, port = place.hostname or "", place.port or 80
    loop = asyncio.get_running_loop()
    request = post.encoded()
    connected = [await loop.create_connection(lambda: _Client(request), host, port) for _ in range(clients)]
    protocols = [protocol for _, protocol in connected]
    started = time.perf_counter()
    for protocol in protocols:
        protocol.begin(started + seconds)
    try:
        await asyncio.gather(*(protocol.done for protocol in protocols))
    finally:
        for transport, _ in connected:
            transport.close()
    elapsed_s = time.perf_counter() - started
    latencies_ms = tuple(latency for protocol in protocols for latency in protocol.latencies_ms)
    if not latencies_ms:
        raise BuildError(f"{post.url} refused every request.")
    return Measured(len(latencies_ms) / elapsed_s, latencies_ms, sum(protocol.refused for protocol in protocols))


class _Client(asyncio.Protocol):
    """One connection. Bare: Python's HTTP clients cost more than the server that is to be measured."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._received = b""
        self._sent = 0.0
        self._until = 0.0
        self.latencies_ms: list[float] = []
        self.refused = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def begin(self, until: float) -> None:
        """Send until a moment of `time.perf_counter`; what is in flight then still counts."""
        self._until = until
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not is_whole(self._received):
            return
        now = time.perf_counter()
        if self._received.startswith(_ANSWERED):
            self.latencies_ms.append((now - self._sent) * 1e3)
        elif self._received.startswith(_REFUSED):
            self.refused += 1
        else:
            self._fail(f"The server answered {self._received[:300]!r}.")
            return
        self._received = b""
        if now < self._until:
            self._send()
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("The server closed a connection.")

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def _fail(self, sentence: str) -> None:
        if not self.done.done():
            self.done.set_exception(BuildError(sentence))


def is_whole(received: bytes) -> bool:
    """Return whether an answer has come with all of its body.

    Raises:
        BuildError: the answer states no length.
    """
    head, found, body = received.partition(_HEAD_END)
    return bool(found) and len(body) >= _length(head)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(_LENGTH)
    if not found:
        raise BuildError(f"The answer has no length: {head[:300]!r}.")
    return int(rest.partition(b"\r\n")[0])
