"""Jobs, fleets and metrics of many nights, faked in the browser: what no test has the time to make.

The shapes are those of functions/jobs/schemas.py; test_fake_api.py holds them to it. From end to end: test_jobs.py.
"""

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
HEALTHY, WHIRL, WEAR = ("healthy", "Healthy"), ("oil_whirl", "Oil whirl"), ("wear", "Wear")
METRICS = {
    "uptime_s": 93_600.0,
    "requests": {"total": 18_432, "by_endpoint": {"predict": 18_221, "models": 211}},
    "errors": {"4xx": 211, "5xx": 3, "429": 12},
    "latency_ms": {"p50": 4.1, "p95": 9.7, "p99": 41.0},
    "inference_ms": {"p50": 2.2, "p95": 3.4, "p99": 12.0},
    "inferences": {"healthy": 14_200, "imbalance": 1800, "oil_whirl": 1210, "wear": 640, "misalignment": 371},
    "novel": 84,
    "windows": 91_105,
}
FINAL = {"succeeded", "partially_failed", "failed", "cancelled"}


def answer(route: Route, document: Any, status: int = 200) -> None:
    route.fulfill(status=status, content_type="application/json", body=json.dumps(document))


def fixed(document: Any) -> Callable[[Route], None]:
    """A handler that always answers the same."""

    def handle(route: Route) -> None:
        answer(route, document)

    return handle


def refuse(route: Route, status: int, code: str, sentence: str, retry_after_s: int | None = None) -> None:
    """Answer with an error as the service makes it."""
    body = {"error": sentence, "code": code, "field": None, "request_id": "r-1"}
    headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
    route.fulfill(status=status, headers=headers | {"content-type": "application/json"}, body=json.dumps(body))


def hours_ago(hours: float) -> str:
    return (NOW - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def fake_metrics(page: Page) -> None:
    """GET /metrics.json: more requests each time, three for most."""
    more = itertools.cycle([3, 3, 3, 4, 9, 12, 7, 3])
    totals = itertools.accumulate(more, initial=18_432)

    def handle(route: Route) -> None:
        answer(route, METRICS | {"requests": {"total": next(totals)}})

    page.route("**/metrics.json", handle)


def entry(hours: float, label: tuple[str, str], wear: float) -> dict[str, Any]:
    """One diagnosis in a history, `wear` from 0 to 1."""
    ripple = 0.04 * math.sin(hours / 3)
    return {
        "time": hours_ago(hours),
        "class_id": label[0],
        "class_name": label[1],
        "confidence": round(0.95 - 0.2 * math.exp(-(((wear - 0.5) * 6) ** 2)) + ripple / 4, 4),
        "novelty": round(0.15 + 0.2 * wear + ripple, 4),
        "in_distribution": True,
        "rms": round(0.08 + 0.4 * wear + ripple / 2, 4),
        "crest_factor": round(3.4 + 1.2 * wear + 3 * ripple, 4),
        "kurtosis": round(3 + 2.6 * wear + 4 * ripple, 4),
        "peak": round((0.08 + 0.4 * wear) * (3.4 + 1.2 * wear), 4),
        "unit": None,
        "channel": None,
        "velocity_rms_mm_s": None,
        "severity_zone": None,
        "model": "journal-bearing",
        "version": "2",
        "precision": "int8",
    }


def asset(name: str, state: str, since_h: float | None, newest_h: float, **more: Any) -> dict[str, Any]:
    """A machine as GET /assets lists it."""
    return {
        "asset_id": name,
        "state": state,
        "class_id": None if since_h is None else "healthy",
        "since": None if since_h is None else hours_ago(since_h),
        "diagnoses": 56,
        "newest_at": hours_ago(newest_h),
        "newest_class_id": "healthy",
        "rms": 0.081,
        "severity_zone": None,
        **more,
    }


HISTORY = [entry(12 * n, WHIRL if n < 14 else HEALTHY, max(0.0, 1 - n / 28)) for n in range(1, 57)]
ASSETS = [
    asset("compressor-4", "unknown", None, 30, diagnoses=3),
    asset("fan-2", "healthy", 400, 5),
    asset("pump-7", "fault", 120, 12, class_id="oil_whirl", newest_class_id="oil_whirl", rms=0.46),
    asset("pump-8", "healthy", 600, 3, newest_class_id="wear"),
    asset("turbine-1.bearing-3", "fault", 40, 2, class_id="wear", newest_class_id="wear", rms=0.2),
]


def fake_fleet(page: Page) -> list[str]:
    """Five machines, one of which began to whirl; returns the queries of its history."""
    queries: list[str] = []

    def machines(route: Route) -> None:
        first = "cursor" not in parse_qs(urlsplit(route.request.url).query)
        page_of = ASSETS[:3] if first else ASSETS[3:]
        answer(route, {"assets": page_of, "next_cursor": "pump-7" if first else None})

    def history(route: Route) -> None:
        query = urlsplit(route.request.url).query
        queries.append(query)
        first = "cursor" not in parse_qs(query)
        page_of = HISTORY[:40] if first else HISTORY[40:]
        answer(route, {"asset": ASSETS[2], "history": page_of, "next_cursor": "older#1" if first else None})

    page.route("**/assets?*", machines)
    page.route("**/assets/*/history*", history)
    return queries


def job(number: int, state: str, total: int, done: int, failed: int = 0, **more: Any) -> dict[str, Any]:
    """A job as GET /jobs lists it."""
    return {
        "job_id": f"{number:032x}",
        "state": state,
        "source": "uploads",
        "total": total,
        "done": done,
        "failed": failed,
        "progress": round((done + failed) / total, 4),
        "eta_s": 97.0 if state == "running" else None,
        "waiting_for_uploads": False,
        "reason": None,
        "webhook": None,
        "created_at": hours_ago(10 - number),
        "started_at": None if state == "queued" else hours_ago(9.9 - number),
        "finished_at": hours_ago(9.5 - number) if state in FINAL else None,
        "deadline_at": hours_ago(4 - number),
        "expires_at": hours_ago(-700),
        **more,
    }


# One of each state, and of each that is told apart beyond it.
STATES = [
    job(8, "running", 120, 46, 2),
    job(7, "queued", 64, 0, waiting_for_uploads=True),
    job(6, "queued", 12, 0),
    job(5, "partially_failed", 3, 2, 1),
    job(4, "failed", 40, 11, reason="timed_out"),
    job(3, "failed", 2, 0, 2),
    job(2, "cancelled", 40, 11),
    job(1, "succeeded", 512, 512, webhook="delivered"),
]


@dataclass
class FakeJobs:
    """Jobs as they stand; what is asked of them is kept in `asked`."""

    jobs: list[dict[str, Any]] = field(default_factory=list)
    queue: dict[str, int | None] | None = field(default_factory=lambda: dict[str, int | None](waiting=7, dead=1))
    more: bool = False
    asked: list[str] = field(default_factory=list)

    def install(self, page: Page) -> None:
        page.route("**/jobs?*", self._list)
        page.route("**/jobs/*/results*", self._results)

    def _list(self, route: Route) -> None:
        self.asked.append(urlsplit(route.request.url).query)
        document = {"jobs": self.jobs, "next_cursor": "older" if self.more else None, "queue": self.queue}
        answer(route, document)

    def _results(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        self.asked.append(parts.query)
        found = next(one for one in self.jobs if one["job_id"] == parts.path.split("/")[-2])
        query = parse_qs(parts.query)
        first, limit = int(query["cursor"][0]), int(query["limit"][0])
        known = int(found["done"] + found["failed"])
        stop = min(known, first + limit)
        results = [result(index) for index in range(first, stop)]
        # Where a job still runs, there is always a next page.
        following = None if stop == known and found["state"] in FINAL else stop
        answer(route, {"state": found["state"], "results": results, "next_cursor": following})


def result(index: int) -> dict[str, Any]:
    name = f"pump-7 {index + 1:03}.wav"
    if index == 1:
        sentence = "The recording has 12 samples; one window has 20480."
        error = {"error": sentence, "code": "signal_too_short", "field": "signal", "request_id": "r-1"}
        return {"index": 1, "name": name, "state": "failed", "error": error} | dict.fromkeys(
            ("diagnosis", "indicators", "recorded_at")
        )
    return {
        "index": index,
        "name": name,
        "state": "succeeded",
        "diagnosis": DIAGNOSIS,
        "indicators": {"rms": 0.4132, "peak": 1.4917, "crest_factor": 3.61, "kurtosis": 2.74},
        "recorded_at": None,
        "error": None,
    }


DIAGNOSIS = {
    "predicted_class": 9,
    "class_id": "oil_whirl",
    "class_name": "Oil whirl",
    "confidence": 0.9993,
    "probabilities": {"oil_whirl": 0.9993},
    "windows": 5,
    "in_distribution": True,
    "novelty": 0.17,
    "clipped": False,
    "inference_time_ms": 4.7,
    "timestamp": "2026-11-20T06:00:00Z",
    "recording": {
        "sample_rate_hz": 20480.0,
        "sample_rate_source": "file",
        "channel": "0",
        "duration_s": 5.0,
        "unit": "g",
        "rms": 0.4132,
        "peak": 1.4917,
        "crest_factor": 3.61,
        "kurtosis": 2.74,
        "velocity_rms_mm_s": 3.1,
        "severity_zone": None,
    },
    "model": {"name": "journal-bearing", "version": "2", "precision": "int8"},
    "asset_id": "pump-7",
    "request_id": "r-1",
}
