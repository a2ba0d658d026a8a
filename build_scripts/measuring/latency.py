"""Timing side by side: every candidate in every round, so that a busy machine is unfair to none."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from build_scripts.data.progress import Progress

# Timed calls of a candidate in one round, where a budget allows more than a few.
_CALLS_A_ROUND = 5


@dataclass(frozen=True)
class Latency:
    """Median, 95th and 99th percentile and minimum of one candidate's times, in ms, and how many there are.

    Below 100 calls the 99th percentile is little else than the longest.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    min_ms: float
    calls: int

    @classmethod
    def of(cls, times_ms: Sequence[float]) -> "Latency":
        """Return the latency of at least one time; percentiles between two times are interpolated."""
        p50, p95, p99 = (float(value) for value in np.percentile(times_ms, (50, 95, 99)))
        return cls(p50, p95, p99, float(min(times_ms)), len(times_ms))


@dataclass(frozen=True)
class Rounds:
    """How often: rounds, and calls of each candidate in one round, after one to warm up unless told not to."""

    count: int
    calls: int
    warm_up: bool = True


@dataclass(frozen=True)
class Budget:
    """How long: seconds for all candidates together, but at least and at most so many timed calls of each."""

    seconds: float
    least: int = 5
    most: int = 500

    def rounds(self, once_s: float) -> Rounds:
        """Return the rounds that fit, where one call of every candidate together takes `once_s` seconds.

        A call that is too long to be repeated often is also too long to gain from a warm-up in every round.
        """
        affordable = int(self.seconds / once_s)
        count = min(affordable // (_CALLS_A_ROUND + 1), -(-self.most // _CALLS_A_ROUND))
        if count * _CALLS_A_ROUND > 2 * self.least:
            return Rounds(count, _CALLS_A_ROUND)
        return Rounds(max(self.least, min(affordable, self.most)), 1, warm_up=False)


def interleaved(candidates: Mapping[str, Callable[[], object]], rounds: Rounds) -> dict[str, Latency]:
    """Time candidates in turn, round after round, and return their latencies by name."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in Progress(range(rounds.count), "measure", "round"):
        for name, taken in timed_round(candidates, rounds).items():
            times[name] += taken
    return {name: Latency.of(values) for name, values in times.items()}


def timed_round(candidates: Mapping[str, Callable[[], object]], rounds: Rounds) -> dict[str, list[float]]:
    """Time the calls of one round and return what they took, in ms, by name."""
    times = {}
    for name, call in candidates.items():
        if rounds.warm_up:
            call()
        times[name] = [_timed_ms(call) for _ in range(rounds.calls)]
    return times


def within_budget(candidates: Mapping[str, Callable[[], object]], budget: Budget) -> dict[str, Latency]:
    """Call every candidate once to warm up, then time them in turn, as often as fits a budget."""
    once_ms = sum(_timed_ms(call) for call in candidates.values())
    return interleaved(candidates, budget.rounds(once_ms / 1e3))


def _timed_ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3
