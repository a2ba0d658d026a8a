"""Statistics of each model's inference requests since the process started.

Source: triton-inference-server/server, docs/protocol/extension_statistics.md.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from functions.core.models.flow import EngineRun, Execution

_STAGES = ("queue", "compute_input", "compute_infer", "compute_output")


@dataclass
class Stopwatch:
    """Times of the stages of one request; `windows` stays 0 until it has succeeded."""

    arrived_ns: int
    marks_ns: list[int] = field(default_factory=list)
    waited_ns: int = 0
    windows: int = 0
    execution: Execution | None = None

    def lap(self) -> None:
        """Mark the end of a stage: queue, reading, running, writing, in this order."""
        self.marks_ns.append(time.perf_counter_ns())

    def ran(self, run: EngineRun) -> None:
        """Mark the end of running, of which a part was spent waiting for the engine."""
        self.lap()
        self.waited_ns += round(run.waited_ms * 1e6)
        self.execution = run.execution

    def stages_ns(self) -> dict[str, int]:
        """Return how long each stage took; waiting for the engine counts as the stage `queue`."""
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
    executions: int = 0
    totals: dict[str, _Duration] = field(default_factory=lambda: _durations("success", "fail", *_STAGES, "cache_hit"))
    batches: dict[int, dict[str, _Duration]] = field(default_factory=dict)

    def add(self, stopwatch: Stopwatch, total_ns: int) -> None:
        self.last_inference_ms = time.time_ns() // 1_000_000
        if not stopwatch.windows:
            self.totals["fail"].add(total_ns)
            return
        self.inferences += stopwatch.windows
        self.totals["success"].add(total_ns)
        stages_ns = stopwatch.stages_ns()
        for stage, ns in stages_ns.items():
            self.totals[stage].add(ns)
        self._add_to_batch(stopwatch.execution or Execution(stopwatch.windows), stages_ns)

    def _add_to_batch(self, execution: Execution, stages_ns: Mapping[str, int]) -> None:
        """Count an execution once, with its first request; of others in it add only reading and writing."""
        batch = self.batches.setdefault(execution.windows, _durations(*_STAGES[1:]))
        if execution.counted:
            for stage in ("compute_input", "compute_output"):
                batch[stage].ns += stages_ns[stage]
            return
        execution.counted = True
        self.executions += 1
        for stage, ns in stages_ns.items():
            if stage in batch:
                batch[stage].add(ns)

    def document(self, name: str, version: str) -> dict[str, Any]:
        return {
            "name": name,
            "version": version,
            "last_inference": self.last_inference_ms,
            "inference_count": self.inferences,
            "execution_count": self.executions,
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
        """Return one model's statistics in the protocol's form; zeros for a model without requests."""
        with self._lock:
            return self._models.get((name, version), _ModelStatistics()).document(name, version)
