"""Timing side by side: every candidate in every round, so that a busy machine is unfair to none."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """The number of rounds, and of timed calls of each candidate in one, after a call to warm up unless disabled.

    They end sooner where calls are long: a candidate takes no further call in a round once its share of the `seconds`
    is over, and no round begins after them, but for the first `least`.
    """

    count: int
    calls: int
    warm_up: bool = True
    seconds: float = 60.0
    least: int = 5

    def turns(self) -> Iterator[int]:
        """Yield the number of each round, from zero, until there are enough or the time is over."""
        started = time.perf_counter()
        for number in range(self.count):
            if number >= self.least and time.perf_counter() - started > self.seconds:
                return
            yield number


@dataclass(frozen=True)
class Budget:
    """A time budget: seconds for all candidates together, with the least and the most timed calls of each."""

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
    for _ in Progress(rounds.turns(), "measure", "round", total=rounds.count):
        for name, taken in timed_round(candidates, rounds).items():
            times[name] += taken
    return {name: Latency.of(values) for name, values in times.items()}


def timed_round(candidates: Mapping[str, Callable[[], object]], rounds: Rounds) -> dict[str, list[float]]:
    """Time the calls of one round and return what they took, in ms, by name."""
    times = {}
    share_s = rounds.seconds / rounds.count / len(candidates)
    for name, call in candidates.items():
        if rounds.warm_up:
            call()
        times[name] = list(_repeated(call, rounds.calls, share_s))
    return times


def _repeated(call: Callable[[], object], most: int, seconds: float) -> Iterator[float]:
    """Yield what calls took, in ms: one at least, no further one after so many seconds."""
    started = time.perf_counter()
    for number in range(most):
        if number and time.perf_counter() - started > seconds:
            return
        yield _timed_ms(call)


def within_budget(candidates: Mapping[str, Callable[[], object]], budget: Budget) -> dict[str, Latency]:
    """Call every candidate once to warm up, then time them in turn, as often as fits a budget."""
    once_ms = sum(_timed_ms(call) for call in candidates.values())
    return interleaved(candidates, budget.rounds(once_ms / 1e3))


def _timed_ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3
