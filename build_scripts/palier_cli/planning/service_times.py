"""Service times of requests, drawn from the percentiles that the benchmark of cold starts measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from functions.core.preprocessing.arrays import Float64Array

_QUANTILES = {"min_ms": 0.0, "p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


@dataclass(frozen=True)
class ServiceTimes:
    """Times of requests at one size of memory.

    Args:
        quantiles: 0 to 1, and `times_s` at each; between them times are spread evenly, above the last they are its own.
        start_s: what a request takes longer that meets a cold start.
    """

    quantiles: tuple[float, ...]
    times_s: tuple[float, ...]
    start_s: float

    @classmethod
    def measured(cls, size: Mapping[str, Any], windows: int) -> "ServiceTimes":
        """Return the times of requests with so many windows at a size that was measured with one.

        A request of N windows takes at most N times as long as one of a single window: that is what is taken.
        """
        latency = size["warm"]["latency_ms"]
        times = tuple(latency[name] * windows / 1e3 for name in _QUANTILES)
        return cls(tuple(_QUANTILES.values()), times, size["cold"]["init_ms"] / 1e3)

    def draw(self, rng: np.random.Generator, count: int) -> Float64Array:
        """Return times (s), float64 [count]."""
        return np.interp(rng.uniform(size=count), self.quantiles, self.times_s)

    @property
    def mean_s(self) -> float:
        """The mean of what is drawn."""
        ends = (*self.quantiles, 1.0), (*self.times_s, self.times_s[-1])
        return float(np.trapezoid(ends[1], ends[0]))
