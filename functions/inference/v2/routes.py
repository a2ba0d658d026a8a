"""The routes of the Open Inference Protocol."""

from starlette.routing import Route

from functions.core.http.asgi import require_key
from functions.core.keys.key_stores import KeyStore
from functions.inference.v2.endpoints import Endpoints


def v2_routes(endpoints: Endpoints, store: KeyStore | None) -> list[Route]:
    """Return the routes; health and the server's own metadata need no key."""
    read = require_key(store, "read")
    predict = require_key(store, "predict")
    model, version = "/v2/models/{name}", "/v2/models/{name}/versions/{version}"
    repository = "/v2/repository"
    return [
        # First, since routes are tried in turn: these get nearly all requests.
        Route(f"{model}/infer", endpoints.infer, methods=["POST"], middleware=predict),
        Route(f"{version}/infer", endpoints.infer, methods=["POST"], middleware=predict),
        Route("/v2", endpoints.server),
        Route("/v2/health/live", endpoints.live),
        Route("/v2/health/ready", endpoints.ready),
        # Before the models: otherwise `stats` would be a model's name.
        Route("/v2/models/stats", endpoints.all_statistics, middleware=read),
        *(
            Route(f"{path}{suffix}", endpoint, middleware=read)
            for path in (model, version)
            for suffix, endpoint in (
                ("", endpoints.model),
                ("/ready", endpoints.model_ready),
                ("/config", endpoints.config),
                ("/stats", endpoints.model_statistics),
            )
        ),
        Route(f"{repository}/index", endpoints.index, methods=["POST"], middleware=read),
        Route(f"{repository}/models/{{name}}/load", endpoints.load, methods=["POST"], middleware=read),
        Route(f"{repository}/models/{{name}}/unload", endpoints.unload, methods=["POST"], middleware=read),
    ]
