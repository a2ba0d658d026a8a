"""The inference app: routes and what stands behind them."""

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from functions.core.asgi import create_starlette, require_key
from functions.core.key_stores import KeyStore, key_store
from functions.core.pipeline import create_diagnoser
from functions.core.settings import Settings
from functions.core.workers import Workers
from functions.inference.docs import docs_routes
from functions.inference.endpoints import Endpoints


def create_app(settings: Settings) -> Starlette:
    """Compose the inference app; `app.state.diagnoser` is its diagnoser."""
    endpoints = Endpoints(create_diagnoser(settings), settings, Workers(settings.max_pending))
    app = create_starlette(routes(endpoints, key_store(settings)), settings)
    app.state.diagnoser = endpoints.diagnoser
    return app


def routes(endpoints: Endpoints, store: KeyStore | None) -> list[Route | Mount]:
    """Return the routes of the native API; health and documentation need no key."""
    read = require_key(store, "read")
    predict = require_key(store, "predict")
    return [
        Route("/", endpoints.index),
        Route("/health", endpoints.health),
        Route("/models", endpoints.models, middleware=read),
        Route("/models/{name}", endpoints.model, middleware=read),
        Route("/models/{name}/proof", endpoints.proof, middleware=read),
        Route("/model/info", endpoints.model_info, middleware=read),
        Route("/predict", endpoints.predict, methods=["POST"], middleware=predict),
        Route("/predict/batch", endpoints.predict_batch, methods=["POST"], middleware=predict),
        *docs_routes(),
    ]
