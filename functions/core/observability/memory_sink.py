"""A sink that keeps metrics in this process, for the page that shows them."""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from functions.core.observability.metrics import Finding, RequestMetrics

_KEPT_SAMPLES = 4096


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of the newest samples, by nearest rank; None where there is no sample yet."""

    samples: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True)
class Snapshot:
    """Counts since the process began, and percentiles of the newest 4,096 requests.

    status_classes: requests by `2xx` to `5xx`, `0xx` where the caller left before an answer; diagnoses: model to
    class id to count; latency_ms of requests, inference_ms of those in which a model ran.
    """

    uptime_s: float
    requests: int
    endpoints: dict[str, int]
    status_classes: dict[str, int]
    throttled: int
    windows: int
    diagnoses: dict[str, dict[str, int]]
    novel: int
    cold_starts: int
    models_not_loaded: int
    key_store_failures: int
    history_lost: int
    latency_ms: Percentiles
    inference_ms: Percentiles


class MemorySink:
    """Counts requests and keeps the newest latencies; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._counts: Counter[str] = Counter()
        self._endpoints: Counter[str] = Counter()
        self._status_classes: Counter[str] = Counter()
        self._diagnoses: Counter[Finding] = Counter()
        self._latency_ms: deque[float] = deque(maxlen=_KEPT_SAMPLES)
        self._inference_ms: deque[float] = deque(maxlen=_KEPT_SAMPLES)
        self._lock = threading.Lock()

    def record(self, request: RequestMetrics) -> None:
        """Count one finished request."""
        tally = request.tally
        with self._lock:
            self._endpoints[request.endpoint] += 1
            self._status_classes[f"{request.status // 100}xx"] += 1
            self._diagnoses.update(tally.diagnoses)
            self._latency_ms.append(request.latency_ms)
            if tally.windows:
                self._inference_ms.append(tally.inference_ms)
            self._counts["throttled"] += request.status == 429
            self._counts["windows"] += tally.windows
            self._counts["novel"] += tally.novel.total()
            self._counts["cold_starts"] += request.cold_start
            self._counts["models_not_loaded"] += tally.models_not_loaded
            self._counts["key_store_failures"] += tally.key_store_failures
            self._counts["history_lost"] += tally.history_lost

    def snapshot(self) -> Snapshot:
        """Return what was counted so far."""
        with self._lock:
            return Snapshot(
                uptime_s=self._clock() - self._began,
                requests=self._endpoints.total(),
                endpoints=dict(self._endpoints),
                status_classes=dict(self._status_classes),
                throttled=self._counts["throttled"],
                windows=self._counts["windows"],
                diagnoses=_by_model(self._diagnoses),
                novel=self._counts["novel"],
                cold_starts=self._counts["cold_starts"],
                models_not_loaded=self._counts["models_not_loaded"],
                key_store_failures=self._counts["key_store_failures"],
                history_lost=self._counts["history_lost"],
                latency_ms=_percentiles(self._latency_ms),
                inference_ms=_percentiles(self._inference_ms),
            )


def _by_model(diagnoses: Counter[Finding]) -> dict[str, dict[str, int]]:
    models: dict[str, dict[str, int]] = {}
    for finding, count in diagnoses.items():
        models.setdefault(finding.model, {})[finding.class_id] = count
    return models


def _percentiles(samples: Sequence[float] | deque[float]) -> Percentiles:
    ordered = sorted(samples)
    if not ordered:
        return Percentiles(0, None, None, None)
    ranks = (ordered[math.ceil(len(ordered) * share / 100) - 1] for share in (50, 95, 99))
    return Percentiles(len(ordered), *ranks)
