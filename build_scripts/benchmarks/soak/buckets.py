"""The observations of a soak over time: latency, errors and memory in buckets of equal length."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build_scripts.benchmarks.soak.kinds import Kind
from build_scripts.benchmarks.soak.open_loop import Observed
from functions.core.preprocessing.arrays import Float64Array

# Answers of a server that has enough: counted apart from errors.
_REFUSED = (429, 503)
_PERCENTILES = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99, "slowest_ms": 100}
# Of the buckets, before growth is counted: caches fill, the allocator takes what it keeps.
_WARM_UP = 0.2

Flags = NDArray[np.bool_]


class Outcomes:
    """The answers as arrays, right, refused or wrong."""

    def __init__(self, observed: Observed, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self.due_s: Float64Array = np.array(observed.due_s)
        self.latency_ms: Float64Array = np.array(observed.latency_s) * 1e3
        self.kind = np.array(observed.kinds, dtype=np.intp)
        statuses = np.array(observed.statuses)
        self.right: Flags = statuses == np.array([kind.status for kind in kinds])[self.kind]
        self.refused: Flags = np.isin(statuses, _REFUSED) & ~self.right

    def figures(self, chosen: Flags) -> dict[str, float | None]:
        """Return counts of some requests, and percentiles (ms) of those that were answered right; None of none."""
        latency = self.latency_ms[chosen & self.right]
        refused = int((chosen & self.refused).sum())
        return {
            "requests": int(chosen.sum()),
            "refused": refused,
            "errors": int((chosen & ~self.right).sum()) - refused,
            **{
                name: float(np.percentile(latency, percent)) if len(latency) else None
                for name, percent in _PERCENTILES.items()
            },
        }

    def all(self) -> dict[str, float | None]:
        """Return the figures of all requests."""
        return self.figures(np.ones(len(self.due_s), dtype=np.bool_))

    def by_kind(self) -> dict[str, dict[str, float | None]]:
        """Return the figures of each kind, by its label."""
        return {kind.label: self.figures(self.kind == number) for number, kind in enumerate(self._kinds)}

    def by_bucket(self, bucket_s: float, memory_mb: Sequence[float]) -> list[dict[str, float | None]]:
        """Return the figures of each bucket, by when requests were due, with the memory at its end."""
        bucket = (self.due_s // bucket_s).astype(np.intp)
        return [
            {"until_s": (number + 1) * bucket_s, **self.figures(bucket == number), "memory_mb": memory}
            for number, memory in enumerate(memory_mb)
        ]


def growth_mb(memory_mb: Sequence[float]) -> float:
    """Return by how much memory grew (MB) after a fifth of the time."""
    return memory_mb[-1] - memory_mb[int(len(memory_mb) * _WARM_UP)]


def summarize(observed: Observed, kinds: Sequence[Kind], bucket_s: float, memory_mb: Sequence[float]) -> dict[str, Any]:
    """Return all figures of one server."""
    outcomes = Outcomes(observed, kinds)
    return {
        **outcomes.all(),
        "growth_mb": growth_mb(memory_mb),
        "kinds": outcomes.by_kind(),
        "buckets": outcomes.by_bucket(bucket_s, memory_mb),
    }
