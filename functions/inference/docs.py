"""The routes GET /openapi.json and GET /docs: the OpenAPI document, and Swagger UI to read it, without a CDN."""

from functools import cache
from pathlib import Path

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from functions.core.http.asgi import BrowserCache

_STATIC = Path(__file__).parent / "static"

# Swagger UI sets inline styles and draws its icons from data URLs.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def docs_routes() -> list[Route | Mount]:
    """Return the routes of the documentation."""
    kept = Middleware(BrowserCache, cache_control="public, max-age=86400")
    return [
        Route("/openapi.json", _openapi),
        Route("/docs", _docs),
        Mount("/docs", StaticFiles(directory=_STATIC), name="docs-static", middleware=[kept]),
    ]


@cache
def _document() -> Response:
    # Late: no diagnosis needs it.
    from functions.inference.openapi import openapi_document

    return JSONResponse(openapi_document())


async def _openapi(_: Request) -> Response:
    return _document()


async def _docs(_: Request) -> Response:
    headers = {
        "content-security-policy": _CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
    }
    return FileResponse(_STATIC / "docs.html", headers=headers)
