"""The dashboard app: the page, and the files it loads."""

from collections.abc import Sequence

from starlette.applications import Starlette

from functions.core.http.asgi import create_starlette
from functions.core.observability.metrics import Sink
from functions.core.settings import Settings
from functions.dashboard.page import dashboard_routes


def create_app(settings: Settings, sinks: Sequence[Sink] = ()) -> Starlette:
    """Compose the dashboard app; `sinks` receive the metrics of every request.

    It needs no key: the page sends the user's own key with its calls of the API.
    """
    return create_starlette(dashboard_routes(settings), settings, sinks)
