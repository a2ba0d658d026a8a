"""Finished requests for the tests of sinks, and a sink that keeps them."""

from collections import Counter
from typing import Any

from functions.core.observability.metrics import Finding, RequestMetrics, Tally

WEAR = Finding("journal-bearing", "wear")
OIL_WHIRL = Finding("journal-bearing", "oil_whirl")


class ListSink:
    """A sink that keeps the requests it gets."""

    def __init__(self) -> None:
        self.requests: list[RequestMetrics] = []

    def record(self, request: RequestMetrics) -> None:
        self.requests.append(request)


def request(**changes: Any) -> RequestMetrics:
    """A request that was answered 200 by an endpoint without a model; changes override."""
    defaults: dict[str, Any] = {
        "endpoint": "index",
        "status": 200,
        "latency_ms": 12.5,
        "cold_start": False,
        "memory_percent": None,
        "tally": Tally(),
    }
    return RequestMetrics(**(defaults | changes))


def diagnosed(*findings: Finding, novel: tuple[Finding, ...] = ()) -> RequestMetrics:
    """A batch with these diagnoses, one window each, 2 ms in the engine."""
    tally = Tally(findings[0].model, 2.0, len(findings), Counter(findings), Counter(novel))
    return request(endpoint="predict_batch", tally=tally)
