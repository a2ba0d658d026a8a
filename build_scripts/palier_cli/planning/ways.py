"""Simulate a load in a stage: in the function as it scales, kept warm, and in the container."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from build_scripts.palier_cli.planning.limits import STARTS_A_SECOND, STARTS_AT_ONCE
from build_scripts.palier_cli.planning.load import Load, Window, windows
from build_scripts.palier_cli.planning.service_times import ServiceTimes
from build_scripts.palier_cli.planning.simulation import (
    COLD,
    REFUSED,
    WARM,
    Bucket,
    FunctionInstances,
    SharedQueue,
    admit,
)
from cdk.stage_parts import Throttle
from functions.core.preprocessing.arrays import Float64Array

# Time for which Lambda keeps an idle instance: AWS states none; minutes are observed.
KEEP_S = 600.0
# Share of its capacity that a warm instance or a task is planned with.
UTILIZATION = 0.7
_PERCENTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Simulated:
    """The outcome of a simulated load.

    Args:
        percentiles_ms: of the latency of what is answered, 50, 95 and 99.
        cold_share, throttled_share, refused_share: of all requests: met a start; refused by API Gateway's rate limit;
            refused for want of instances.
        mean_at_once, most_at_once: instances or servers at work.
    """

    percentiles_ms: tuple[float, float, float]
    cold_share: float
    throttled_share: float
    refused_share: float
    mean_at_once: float
    most_at_once: int


@dataclass
class _Tally:
    """The sums over windows, each weighed by the requests it stands for; starts are those of the whole time."""

    latency_s: list[Float64Array]
    weights: list[Float64Array]
    cold: float = 0.0
    answered: float = 0.0
    throttled: float = 0.0
    refused: float = 0.0
    busy_s: float = 0.0
    lasted_s: float = 0.0
    most_at_once: int = 0

    def add(self, window: Window, latency_s: Float64Array, weights: Float64Array) -> None:
        """Add the answers of a window, float64 [N] both: how long each took, and how many requests it stands for."""
        self.latency_s.append(latency_s)
        self.weights.append(weights)
        self.answered += float(weights.sum())
        self.lasted_s += window.duration_s + window.gap_s

    def result(self) -> Simulated:
        every = self.answered + self.throttled + self.refused
        percentiles = weighted_percentiles(np.concatenate(self.latency_s), np.concatenate(self.weights))
        return Simulated(
            percentiles,
            self.cold / every,
            self.throttled / every,
            self.refused / every,
            self.busy_s / self.lasted_s,
            self.most_at_once,
        )


def weighted_percentiles(latency_s: Float64Array, weights: Float64Array) -> tuple[float, float, float]:
    """Return the 50th, 95th and 99th percentile (ms) of latencies that each stand for so many requests."""
    if not len(latency_s):
        return (math.nan, math.nan, math.nan)
    order = np.argsort(latency_s)
    shares = np.cumsum(weights[order]) / weights.sum()
    first, second, third = (1e3 * float(latency_s[order][np.searchsorted(shares, one)]) for one in _PERCENTILES)
    return first, second, third


def in_function(
    load: Load, times: ServiceTimes, throttle: Throttle, most: int, provisioned: int = 0, seed: int = 0
) -> Simulated:
    """Simulate a load in the function.

    Args:
        load: what comes.
        times: how long each takes.
        throttle: of API Gateway, before it.
        most: instances at once.
        provisioned: of them, always warm.
        seed: of arrivals and times.

    Source: docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html, scaling-behavior.html.
    """
    rng = np.random.default_rng((seed, 1))
    instances = FunctionInstances(most, KEEP_S, provisioned, Bucket(STARTS_AT_ONCE, STARTS_A_SECOND))
    gateway = Bucket(throttle.burst, throttle.rate_per_s)
    tally = _Tally([], [])
    for counted, begin_s, window in _timeline(load, seed):
        arrivals = window.arrivals_s + begin_s
        let_through = admit(arrivals, gateway)
        arrivals = arrivals[let_through]
        outcomes = instances.serve(arrivals, times.draw(rng, len(arrivals)), times.start_s)
        if not counted:
            continue
        answered = outcomes.kinds != REFUSED
        cold = outcomes.kinds == COLD
        # Instances that start in a sample are those of all the time that it stands for: they stay.
        weights = np.where(cold, 1.0, window.weight)
        tally.add(window, outcomes.latency_s[answered], weights[answered])
        tally.cold += float(cold.sum())
        tally.refused += window.weight * float((~answered).sum())
        tally.throttled += window.weight * float((~let_through).sum())
        tally.busy_s += window.weight * float(outcomes.latency_s[outcomes.kinds == WARM].sum())
        tally.most_at_once = max(tally.most_at_once, outcomes.most_at_once)
    return tally.result()


def in_container(load: Load, service_s: float, servers: int, seed: int = 0) -> Simulated:
    """Simulate a load in tasks of the container with one queue before them, each request of the same length (s)."""
    tally, queue = _Tally([], []), SharedQueue(servers)
    for counted, begin_s, window in _timeline(load, seed):
        latency = queue.serve(window.arrivals_s + begin_s, np.full(len(window.arrivals_s), service_s))
        if not counted:
            continue
        tally.add(window, latency, np.full(len(latency), window.weight))
        tally.busy_s += window.weight * len(latency) * service_s
    tally.most_at_once = servers
    return tally.result()


def _timeline(load: Load, seed: int) -> Iterator[tuple[bool, float, Window]]:
    """Yield whether a window counts, when it begins (s), and the window; the first runs once before, uncounted."""
    begin_s = 0.0
    for number, window in enumerate(windows(load, seed)):
        for counted in (False, True) if number == 0 else (True,):
            yield counted, begin_s, window
            # The time that a sample stands for is not simulated: idle instances do not end in it.
            begin_s += window.duration_s
