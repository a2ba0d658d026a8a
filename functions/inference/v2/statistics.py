"""What happened to the inference requests of each model, since this process started.

Source: triton-inference-server/server, docs/protocol/extension_statistics.md.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_STAGES = ("queue", "compute_input", "compute_infer", "compute_output")


@dataclass
class Stopwatch:
    """The stages of one request; `windows` stays 0 until it has succeeded."""

    arrived_ns: int
    marks_ns: list[int] = field(default_factory=list)
    waited_ns: int = 0
    windows: int = 0

    def lap(self, waited_ms: float = 0.0) -> None:
        """Mark the end of a stage: waiting, reading, running, writing, in this order.

        Args:
            waited_ms: how much of the stage was spent waiting for the engine.
        """
        self.marks_ns.append(time.perf_counter_ns())
        self.waited_ns += round(waited_ms * 1e6)

    def stages_ns(self) -> dict[str, int]:
        """Return how long each stage took; waiting for the engine is waiting."""
        starts = [self.arrived_ns, *self.marks_ns]
        stages = {name: end - start for name, start, end in zip(_STAGES, starts, self.marks_ns, strict=False)}
        if self.waited_ns:
            stages["queue"] += self.waited_ns
            stages["compute_infer"] -= self.waited_ns
        return stages


@dataclass
class _Duration:
    count: int = 0
    ns: int = 0

    def add(self, ns: int) -> None:
        self.count += 1
        self.ns += ns

    def document(self) -> dict[str, int]:
        return {"count": self.count, "ns": self.ns}


def _durations(*names: str) -> dict[str, _Duration]:
    return {name: _Duration() for name in names}


@dataclass
class _ModelStatistics:
    last_inference_ms: int = 0
    inferences: int = 0
    totals: dict[str, _Duration] = field(default_factory=lambda: _durations("success", "fail", *_STAGES, "cache_hit"))
    batches: dict[int, dict[str, _Duration]] = field(default_factory=dict)

    def add(self, stopwatch: Stopwatch, total_ns: int) -> None:
        self.last_inference_ms = time.time_ns() // 1_000_000
        if not stopwatch.windows:
            self.totals["fail"].add(total_ns)
            return
        self.inferences += stopwatch.windows
        self.totals["success"].add(total_ns)
        if stopwatch.windows not in self.batches:
            self.batches[stopwatch.windows] = _durations(*_STAGES[1:])
        batch = self.batches[stopwatch.windows]
        for stage, ns in stopwatch.stages_ns().items():
            self.totals[stage].add(ns)
            if stage in batch:
                batch[stage].add(ns)

    def document(self, name: str, version: str) -> dict[str, Any]:
        return {
            "name": name,
            "version": version,
            "last_inference": self.last_inference_ms,
            "inference_count": self.inferences,
            "execution_count": self.totals["success"].count,
            "inference_stats": {stage: duration.document() for stage, duration in self.totals.items()},
            "batch_stats": [
                {"batch_size": size} | {stage: duration.document() for stage, duration in stages.items()}
                for size, stages in sorted(self.batches.items())
            ],
        }


class Statistics:
    """The statistics of every model; safe to share between threads."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], _ModelStatistics] = {}
        self._lock = threading.Lock()

    @contextmanager
    def measured(self, name: str, version: str, arrived_ns: int) -> Iterator[Stopwatch]:
        """Count one inference request: failed, unless `windows` of the stopwatch is set in the end."""
        stopwatch = Stopwatch(arrived_ns)
        try:
            yield stopwatch
        finally:
            with self._lock:
                if (name, version) not in self._models:
                    self._models[name, version] = _ModelStatistics()
                self._models[name, version].add(stopwatch, time.perf_counter_ns() - arrived_ns)

    def document(self, name: str, version: str) -> dict[str, Any]:
        """Return one model's statistics as the protocol writes them; zeros for one that was never asked."""
        with self._lock:
            return self._models.get((name, version), _ModelStatistics()).document(name, version)
