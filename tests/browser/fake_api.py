"""Jobs, histories and metrics, faked in the browser: the page's part is tested here, the service's elsewhere.

The shapes are those that docs/dashboard.md says the page expects.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
HEALTHY, WHIRL, WEAR = ("healthy", "Healthy"), ("oil_whirl", "Oil whirl"), ("wear", "Wear")
METRICS = {
    "uptime_s": 93_600,
    "errors": {"4xx": 211, "5xx": 3},
    "latency_ms": {"p50": 4.1, "p90": 6.8, "p95": 9.7, "p99": 41.0},
    "inferences": {"healthy": 14_200, "imbalance": 1800, "oil_whirl": 1210, "wear": 640, "misalignment": 371},
    "links": {"dashboard": "https://console.aws.amazon.com/cloudwatch/home#dashboards"},
}


def answer(route: Route, document: Any, status: int = 200) -> None:
    route.fulfill(status=status, content_type="application/json", body=json.dumps(document))


def fake_metrics(page: Page) -> None:
    """GET /metrics.json: more requests each time, three for most."""
    more = itertools.cycle([3, 3, 3, 4, 9, 12, 7, 3])
    totals = itertools.accumulate(more, initial=18_432)

    def handle(route: Route) -> None:
        answer(route, METRICS | {"requests": {"total": next(totals)}})

    page.route("**/metrics.json", handle)


def diagnosis(hours_ago: float, label: tuple[str, str], wear: float, *, familiar: bool = True) -> dict[str, Any]:
    """One diagnosis of a machine, `wear` from 0 to 1."""
    ripple = 0.04 * math.sin(hours_ago / 3)
    return {
        "timestamp": (NOW - timedelta(hours=hours_ago)).isoformat(),
        "class_id": label[0],
        "class_name": label[1],
        "confidence": round(0.95 - 0.2 * math.exp(-(((wear - 0.5) * 6) ** 2)) + ripple / 4, 4),
        "novelty": round(0.15 + 0.2 * wear + ripple, 4),
        "in_distribution": familiar,
        "rms": round(0.08 + 0.4 * wear + ripple / 2, 4),
        "crest_factor": 3.4,
        "kurtosis": round(3 + 2.6 * wear + 4 * ripple, 4),
    }


def fake_fleet(page: Page) -> None:
    """Five machines, one of which began to whirl."""
    history = [diagnosis(12 * n, WHIRL if n < 14 else HEALTHY, max(0.0, 1 - n / 28)) for n in range(56, 0, -1)]
    assets = {
        "pump-7": history[-1],
        "pump-8": diagnosis(3, HEALTHY, 0.02),
        "fan-2": diagnosis(5, HEALTHY, 0.04),
        "turbine-1/bearing-3": diagnosis(2, WEAR, 0.3),
        "compressor-4": diagnosis(30, HEALTHY, 0.1, familiar=False),
    }

    def handle(route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.path.endswith("/assets"):
            answer(route, {"assets": [{"asset_id": name, **one} for name, one in assets.items()]})
        elif "next" not in parse_qs(parts.query):
            answer(route, {"asset_id": "pump-7", "diagnoses": history[28:], "next": "older"})
        else:
            answer(route, {"asset_id": "pump-7", "diagnoses": history[:28], "next": None})

    page.route("**/assets", handle)
    page.route("**/assets/*/history*", handle)


@dataclass
class FakeJobs:
    """A queue that does one recording each time it is asked; the second recording of every job cannot be diagnosed."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    idempotency_keys: list[str] = field(default_factory=list)
    paused: bool = False

    def install(self, page: Page) -> None:
        page.route("**/jobs", self._all)
        page.route("**/jobs/*", self._one)
        page.route("**/jobs/*/results*", self._results)

    def _all(self, route: Route) -> None:
        if route.request.method == "POST":
            self._submit(route)
            return
        for job in self.jobs.values():
            if not self.paused:
                self._advance(job)
        waiting = sum(job["total"] - job["done"] - job["failed"] for job in self.jobs.values() if not over(job))
        answer(route, {"jobs": list(self.jobs.values())[::-1], "queue": {"waiting": waiting, "dead": 1}})

    def _submit(self, route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        self.submitted.append(body)
        self.idempotency_keys.append(route.request.headers["idempotency-key"])
        job_id = f"job-{len(self.jobs) + 1:04}"
        counts = {"total": len(body["signals"]), "done": 0, "failed": 0, "progress": 0.0}
        self.jobs[job_id] = {"job_id": job_id, "state": "queued", "created_at": NOW.isoformat(), **counts}
        answer(route, self.jobs[job_id], 202)

    def _advance(self, job: dict[str, Any]) -> None:
        if over(job):
            return
        job["failed" if job["done"] + job["failed"] == 1 else "done"] += 1
        ended = job["done"] + job["failed"] == job["total"]
        job["state"] = ("partially_failed" if job["failed"] else "succeeded") if ended else "running"
        job["progress"] = (job["done"] + job["failed"]) / job["total"]

    def _one(self, route: Route) -> None:
        job = self.jobs[route.request.url.rpartition("/")[2]]
        job["state"] = "cancelled"
        answer(route, job)

    def _results(self, route: Route) -> None:
        job = self.jobs[urlsplit(route.request.url).path.split("/")[-2]]
        ready = range(job["done"] + job["failed"])
        answer(route, {"results": [result(index) for index in ready], "next": None})


def over(job: dict[str, Any]) -> bool:
    return job["state"] not in {"queued", "running"}


def result(index: int) -> dict[str, Any]:
    if index == 1:
        return {"index": 1, "error": "The recording has 12 samples; one window has 20480.", "code": "signal_too_short"}
    return {
        "index": index,
        "class_id": "oil_whirl",
        "class_name": "Oil whirl",
        "confidence": 0.9993,
        "novelty": 0.17,
        "in_distribution": True,
        "clipped": False,
        "windows": 5,
    }
