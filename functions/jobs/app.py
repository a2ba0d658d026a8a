"""The jobs app: its routes, and the endpoints behind them."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import Route

from functions.core.http.asgi import create_starlette, require_key
from functions.core.http.workers import Workers
from functions.core.keys.key_stores import KeyStore, key_store
from functions.core.observability.metrics import Sink
from functions.core.settings import Settings
from functions.jobs.assets import AssetEndpoints
from functions.jobs.endpoints import JobEndpoints


def create_app(settings: Settings, sinks: Sequence[Sink] = ()) -> Starlette:
    """Compose the jobs app; `app.state.key_store` has its keys, `sinks` receive the metrics of every request."""
    workers, store = Workers(settings.max_pending), key_store(settings)
    jobs, assets = JobEndpoints(settings, workers), AssetEndpoints(settings, workers)
    app = create_starlette([*job_routes(jobs, store), *asset_routes(assets, store)], settings, sinks)
    app.state.key_store = store
    return app


def job_routes(endpoints: JobEndpoints, store: KeyStore | None) -> list[Route]:
    """Return the routes of jobs."""
    read, predict = require_key(store, "read"), require_key(store, "predict")
    return [
        Route("/jobs", endpoints.submit, methods=["POST"], middleware=predict),
        Route("/jobs", endpoints.jobs, middleware=read),
        Route("/jobs/{job_id}", endpoints.job, middleware=read),
        Route("/jobs/{job_id}", endpoints.cancel, methods=["DELETE"], middleware=predict),
        Route("/jobs/{job_id}/start", endpoints.start, methods=["POST"], middleware=predict),
        Route("/jobs/{job_id}/results", endpoints.results, middleware=read),
    ]


def asset_routes(endpoints: AssetEndpoints, store: KeyStore | None) -> list[Route]:
    """Return the routes of assets."""
    read = require_key(store, "read")
    return [
        Route("/assets", endpoints.assets, middleware=read),
        Route("/assets/{asset_id}/history", endpoints.history, middleware=read),
    ]
