"""The route GET /bearings: a search in the catalogue of bearings."""

import msgspec
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.core.decoding.formats import JSON
from functions.core.errors import InvalidOptionError
from functions.core.http.asgi import BrowserCache

_LONGEST_QUERY = 64
_OK = frozenset({200})


def bearings_routes() -> list[Route]:
    """Return the route of the catalogue, which is public: it needs no key, and caches may keep it."""
    kept = Middleware(BrowserCache, cache_control="public, max-age=86400", statuses=_OK)
    return [Route("/bearings", _bearings, middleware=[kept])]


async def _bearings(request: Request) -> Response:
    # Late: no diagnosis without a bearing needs the catalogue.
    from functions.core.bearings.catalogue import read_catalogue, search_bearings
    from functions.inference.schemas import BearingsAnswer

    text = request.query_params.get("q", "")
    if len(text) > _LONGEST_QUERY:
        raise InvalidOptionError(
            f"q has {len(text)} characters; a part of a designation has at most {_LONGEST_QUERY}.", field="q"
        )
    return Response(msgspec.json.encode(BearingsAnswer.of(search_bearings(text), read_catalogue())), media_type=JSON)
