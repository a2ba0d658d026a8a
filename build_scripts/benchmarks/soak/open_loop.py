"""Requests that come when they are due, whether or not earlier ones are answered; latency from when each was due."""

import asyncio
import random
import time
from array import array
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from build_scripts.benchmarks.container_load.load import fastest_loop, is_whole
from build_scripts.benchmarks.soak.kinds import Kind
from build_scripts.errors import BuildError

# Of a request that no answer came to.
BROKEN = 0
# Requests that are in flight at once; where all are, the next one waits, and its latency with it.
CONNECTIONS = 64
_FEW_CONNECTIONS = 8
_TIMEOUT_S = 30.0
_STATUS = slice(len(b"HTTP/1.1 "), len(b"HTTP/1.1 200"))


@dataclass
class Observed:
    """The outcomes of requests, in the order of answers.

    Args:
        due_s: when it was due, from the beginning.
        latency_s: from then to its answer.
        kinds: index of its kind.
        statuses: of its answer, or BROKEN.
    """

    due_s: "array[float]" = field(default_factory=lambda: array("d"))
    latency_s: "array[float]" = field(default_factory=lambda: array("d"))
    kinds: "array[int]" = field(default_factory=lambda: array("b"))
    statuses: "array[int]" = field(default_factory=lambda: array("h"))

    def add(self, due_s: float, latency_s: float, kind: int, status: int) -> None:
        """Add one."""
        self.due_s.append(due_s)
        self.latency_s.append(latency_s)
        self.kinds.append(kind)
        self.statuses.append(status)


@dataclass(frozen=True)
class Sampling:
    """Something that is measured beside a load, every so many seconds."""

    measure: Callable[[], float]
    every_s: float


Schedule = Iterator[tuple[float, int]]


def arrivals(kinds: Sequence[Kind], rate: float, seconds: float, seed: int) -> Schedule:
    """Yield when requests are due (s) and of which kind: independent of each other, at one rate (a Poisson process)."""
    rng = random.Random(seed)  # noqa: S311 - a load, no secrets
    weights, numbers = [kind.weight for kind in kinds], range(len(kinds))
    due_s = rng.expovariate(rate)
    while due_s < seconds:
        yield due_s, rng.choices(numbers, weights)[0]
        due_s += rng.expovariate(rate)


def ask_each(url: str, kinds: Sequence[Kind]) -> None:
    """Send one request of each kind.

    Raises:
        BuildError: the answer of one has another status than its own.
    """
    observed, _ = _run(url, kinds, ((0.0, number) for number in range(len(kinds))), 1, None)
    for number, status in zip(observed.kinds, observed.statuses, strict=True):
        kind = kinds[number]
        if status != kind.status:
            raise BuildError(f"{url} answers {status} to {kind.label}; {kind.status} is right.")


def saturation(url: str, kinds: Sequence[Kind], seconds: float, seed: int) -> float:
    """Return how many requests of the mix a server answers in a second when few connections never wait."""
    observed, elapsed_s = _run(url, kinds, _without_pause(kinds, seconds, seed), _FEW_CONNECTIONS, None)
    right = sum(
        status == kinds[number].status for number, status in zip(observed.kinds, observed.statuses, strict=True)
    )
    if not right:
        raise BuildError(f"{url} answers nothing as it should.")
    return right / elapsed_s


def offer(url: str, kinds: Sequence[Kind], schedule: Schedule, sampling: Sampling) -> tuple[Observed, list[float]]:
    """Send requests when they are due; returns their outcomes, and the measurements beside them."""
    measured: list[float] = []

    async def sample() -> None:
        while True:
            await asyncio.sleep(sampling.every_s)
            measured.append(sampling.measure())

    observed, _ = _run(url, kinds, schedule, CONNECTIONS, sample)
    measured.append(sampling.measure())
    return observed, measured


def _without_pause(kinds: Sequence[Kind], seconds: float, seed: int) -> Schedule:
    rng = random.Random(seed)  # noqa: S311 - a load, no secrets
    began, weights, numbers = time.perf_counter(), [kind.weight for kind in kinds], range(len(kinds))
    while (now := time.perf_counter() - began) < seconds:
        yield now, rng.choices(numbers, weights)[0]


def _run(
    url: str,
    kinds: Sequence[Kind],
    schedule: Schedule,
    connections: int,
    beside: Callable[[], Coroutine[None, None, None]] | None,
) -> tuple[Observed, float]:
    with asyncio.Runner(loop_factory=fastest_loop) as runner:
        return runner.run(_served(url, kinds, schedule, connections, beside))


async def _served(
    url: str,
    kinds: Sequence[Kind],
    schedule: Schedule,
    connections: int,
    beside: Callable[[], Coroutine[None, None, None]] | None,
) -> tuple[Observed, float]:
    loop, observed = asyncio.get_running_loop(), Observed()
    requests = [kind.post.encoded() for kind in kinds]
    sampler = loop.create_task(beside()) if beside is not None else None
    began = time.perf_counter()
    clients = [_Client(url, requests, observed, began) for _ in range(connections)]
    # They share the schedule: a free connection takes the request that is due next.
    await asyncio.gather(*(client.work(schedule) for client in clients))
    elapsed_s = time.perf_counter() - began
    if sampler is not None:
        sampler.cancel()
        with suppress(asyncio.CancelledError):
            await sampler
    return observed, elapsed_s


class _Client:
    """One connection, made anew where it broke."""

    def __init__(self, url: str, requests: Sequence[bytes], observed: Observed, began: float) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._requests, self._observed, self._began = requests, observed, began
        self._connection: _Connection | None = None

    async def work(self, schedule: Schedule) -> None:
        """Take requests until there are no more."""
        for due_s, kind in schedule:
            await asyncio.sleep(max(0.0, self._began + due_s - time.perf_counter()))
            # An event loop counts in milliseconds: it may wake one early.
            begun_s = min(due_s, time.perf_counter() - self._began)
            status = await self._ask(self._requests[kind])
            self._observed.add(due_s, time.perf_counter() - self._began - begun_s, kind, status)
        if self._connection is not None:
            self._connection.close()

    async def _ask(self, request: bytes) -> int:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                if self._connection is None or self._connection.is_closed:
                    loop = asyncio.get_running_loop()
                    _, self._connection = await loop.create_connection(_Connection, self._host, self._port)
                return await self._connection.ask(request)
        except OSError:
            # TimeoutError is one, too.
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return BROKEN


class _Connection(asyncio.Protocol):
    """A bare connection: Python's HTTP clients take more time than the server that is measured."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[int] | None = None
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer; raises ConnectionError where it does not come."""
        self._received, self._answer = b"", asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close it."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if is_whole(self._received) and self._answer is not None and not self._answer.done():
            self._answer.set_result(int(self._received[_STATUS]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("The server closed the connection."))
