"""The route GET /metrics.json: the metrics that a server keeps in memory, for the page that shows them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from functions.core.http.asgi import require_key
from functions.core.keys.key_stores import KeyStore
from functions.core.observability.memory_sink import MemorySink, Percentiles, Snapshot


def metrics_routes(sink: MemorySink, store: KeyStore | None) -> list[Route]:
    """Return the route, which needs the scope `read` where API keys are required."""

    async def metrics(_: Request) -> Response:
        return JSONResponse(as_document(sink.snapshot()), headers={"cache-control": "no-store"})

    return [Route("/metrics.json", metrics, middleware=require_key(store, "read"))]


def as_document(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as the document that the page reads; docs/dashboard.md describes it."""
    errors = {name: snapshot.status_classes.get(name, 0) for name in ("4xx", "5xx")}
    inferences = {
        class_id: count for classes in snapshot.diagnoses.values() for class_id, count in sorted(classes.items())
    }
    return {
        "uptime_s": round(snapshot.uptime_s, 3),
        "requests": {"total": snapshot.requests, "by_endpoint": snapshot.endpoints},
        "errors": errors | {"429": snapshot.throttled},
        "latency_ms": _percentiles(snapshot.latency_ms),
        "inference_ms": _percentiles(snapshot.inference_ms),
        "inferences": inferences,
        "novel": snapshot.novel,
        "windows": snapshot.windows,
    }


def _percentiles(one: Percentiles) -> dict[str, float | None]:
    found = {"p50": one.p50, "p95": one.p95, "p99": one.p99}
    return {name: None if value is None else round(value, 3) for name, value in found.items()}
