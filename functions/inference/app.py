"""The inference app: its routes, and the endpoints, workers and history behind them."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from functions.core.assets.creation import create_history
from functions.core.assets.history import History
from functions.core.assets.recorder import Recorder
from functions.core.http.asgi import create_starlette, require_key
from functions.core.http.workers import Workers
from functions.core.keys.key_stores import KeyStore, key_store
from functions.core.models.pipeline import create_diagnoser
from functions.core.observability.metrics import Sink
from functions.core.settings import Settings
from functions.inference.docs import docs_routes
from functions.inference.endpoints import Endpoints
from functions.inference.late_routes import LateRoutes


def create_app(settings: Settings, sinks: Sequence[Sink] = (), history: History | None = None) -> Starlette:
    """Compose the inference app; `app.state` has its `diagnoser` and `key_store`.

    Args:
        settings: of the function.
        sinks: receive the metrics of every request.
        history: of the diagnoses of assets; by default the one that the settings name.
    """
    history = history or create_history(settings)
    recorder = Recorder(history) if history else None
    endpoints = Endpoints(create_diagnoser(settings), settings, Workers(settings.max_pending), recorder)
    store = key_store(settings)
    app = create_starlette(routes(endpoints, store), settings, sinks)
    app.state.diagnoser, app.state.key_store = endpoints.diagnoser, store
    return app


def routes(endpoints: Endpoints, store: KeyStore | None) -> list[BaseRoute]:
    """Return all routes; health and documentation need no key."""
    return [*native_routes(endpoints, store), LateRoutes("/v2", lambda: _v2_routes(endpoints, store))]


def native_routes(endpoints: Endpoints, store: KeyStore | None) -> list[BaseRoute]:
    """Return the routes of the native API and its documentation."""
    read = require_key(store, "read")
    predict = require_key(store, "predict")
    return [
        # First what most requests ask for: a router tries its routes in order.
        Route("/predict", endpoints.predict, methods=["POST"], middleware=predict),
        Route("/", endpoints.index),
        Route("/health", endpoints.health),
        Route("/models", endpoints.models, middleware=read),
        Route("/models/{name}", endpoints.model, middleware=read),
        Route("/models/{name}/proof", endpoints.proof, middleware=read),
        Route("/model/info", endpoints.model_info, middleware=read),
        Route("/predict/batch", endpoints.predict_batch, methods=["POST"], middleware=predict),
        LateRoutes("/bearings", _bearings_routes),
        *docs_routes(),
    ]


def _bearings_routes() -> list[Route]:
    # Late: most cold starts answer a recording.
    from functions.inference.bearings import bearings_routes

    return bearings_routes()


def _v2_routes(endpoints: Endpoints, store: KeyStore | None) -> list[Route]:
    # Late: most cold starts answer no request of this protocol.
    from functions.inference.v2.endpoints import Endpoints as V2Endpoints
    from functions.inference.v2.routes import v2_routes

    return v2_routes(V2Endpoints(endpoints.diagnoser, endpoints.settings, endpoints.workers), store)
