"""Timing side by side: every candidate in every round, so that a busy machine is unfair to none."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from tqdm import trange


@dataclass(frozen=True)
class Latency:
    """Median, 95th percentile and minimum of one candidate's times, in ms."""

    p50_ms: float
    p95_ms: float
    min_ms: float


@dataclass(frozen=True)
class Rounds:
    """How often: rounds, and calls of each candidate in one round after one warm-up call."""

    count: int
    calls: int


def interleaved(candidates: Mapping[str, Callable[[], object]], rounds: Rounds) -> dict[str, Latency]:
    """Time candidates in turn, round after round, and return their latencies by name."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in trange(rounds.count, desc="measure", unit="round", leave=False):
        for name, call in candidates.items():
            call()
            times[name] += [_timed_ms(call) for _ in range(rounds.calls)]
    return {name: _latency(values) for name, values in times.items()}


def _timed_ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1e3


def _latency(times_ms: list[float]) -> Latency:
    p50, p95 = np.percentile(times_ms, (50, 95))
    return Latency(float(p50), float(p95), float(min(times_ms)))
