"""Simulate arrivals: in a function that starts instances, or in servers with one queue."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from functions.core.preprocessing.arrays import Float64Array

Int8Array = NDArray[np.int8]
# Kinds of outcomes.
WARM, COLD, REFUSED = 0, 1, 2


@dataclass
class Bucket:
    """A token bucket, as API Gateway admits requests and Lambda starts instances; rate is a second's."""

    capacity: float
    rate: float
    _level: float = field(init=False)
    _at_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Begin full."""
        self._level = self.capacity

    def take(self, now_s: float) -> bool:
        """Take one if there is one."""
        self._level = min(self.capacity, self._level + (now_s - self._at_s) * self.rate)
        self._at_s = now_s
        if self._level < 1:
            return False
        self._level -= 1
        return True


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of N requests: latency (s; of a refused one 0) float64 [N], and kind int8 [N]."""

    latency_s: Float64Array
    kinds: Int8Array
    most_at_once: int


class FunctionInstances:
    """Instances of a function: the one that was busy last takes the next request; an idle one ends after a while.

    Args:
        most: instances at once; further requests are refused.
        keep_s: how long an idle instance is kept.
        provisioned: instances that are always there, and need no start.
        starts: how quickly further ones may start.
    """

    def __init__(self, most: int, keep_s: float, provisioned: int = 0, starts: Bucket | None = None) -> None:
        self._most, self._keep_s, self._provisioned, self._starts = most, keep_s, provisioned, starts
        # When each busy one ends; since when each idle one is idle, the longest first.
        self._busy: list[float] = []
        self._idle: deque[float] = deque([-np.inf] * provisioned)

    @property
    def count(self) -> int:
        """Number of them."""
        return len(self._busy) + len(self._idle)

    def serve(self, arrivals_s: Float64Array, service_s: Float64Array, start_s: float) -> Outcomes:
        """Serve requests, in the order of their arrival.

        Args:
            arrivals_s: rising, float64 [N], not before what was served already.
            service_s: of each, without a start.
            start_s: what a cold start adds.
        """
        kinds = np.zeros(len(arrivals_s), np.int8)
        latency = service_s.copy()
        most_at_once = 0
        for index, (now, service) in enumerate(zip(arrivals_s.tolist(), service_s.tolist(), strict=True)):
            self._settle(now)
            kind = self._take(now)
            kinds[index] = kind
            if kind == REFUSED:
                latency[index] = 0.0
                continue
            took = service + start_s if kind == COLD else service
            latency[index] = took
            heappush(self._busy, now + took)
            most_at_once = max(most_at_once, len(self._busy))
        return Outcomes(latency, kinds, most_at_once)

    def _settle(self, now: float) -> None:
        while self._busy and self._busy[0] <= now:
            self._idle.append(heappop(self._busy))
        while self._idle and self._idle[0] < now - self._keep_s and self.count > self._provisioned:
            self._idle.popleft()

    def _take(self, now: float) -> int:
        if self._idle:
            self._idle.pop()
            return WARM
        if len(self._busy) >= self._most or (self._starts and not self._starts.take(now)):
            return REFUSED
        return COLD


def admit(arrivals_s: Float64Array, bucket: Bucket) -> NDArray[np.bool_]:
    """Return which of arrivals a bucket lets through, bool [N]."""
    return np.fromiter((bucket.take(now) for now in arrivals_s.tolist()), bool, len(arrivals_s))


class SharedQueue:
    """Equal servers with one queue before them, first come, first served.

    Args:
        servers: how many.
    """

    def __init__(self, servers: int) -> None:
        self._free_s = [0.0] * servers

    def serve(self, arrivals_s: Float64Array, service_s: Float64Array) -> Float64Array:
        """Return the latency (s) of requests, waiting included, float64 [N].

        Args:
            arrivals_s: rising, float64 [N], not before what was served already.
            service_s: of each.
        """
        return np.fromiter(self._latencies(arrivals_s, service_s), np.float64, len(arrivals_s))

    def _latencies(self, arrivals_s: Float64Array, service_s: Float64Array) -> Iterator[float]:
        for now, service in zip(arrivals_s.tolist(), service_s.tolist(), strict=True):
            end = max(now, heappop(self._free_s)) + service
            heappush(self._free_s, end)
            yield end - now
