"""The routes of the page, GET /dashboard and its files, which are cached by their hashed names (docs/dashboard.md)."""

import hashlib
from pathlib import Path

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from functions.core.http.asgi import BrowserCache
from functions.core.settings import Settings

_STATIC = Path(__file__).parent / "static"

# Nothing inline, nothing from other hosts; styles that scripts set on elements do not count as inline.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src {connect}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",
}
_FOREVER = "public, max-age=31536000, immutable"


def dashboard_routes(settings: Settings) -> list[BaseRoute]:
    """Return the routes of the page."""
    page = _Page((_STATIC / "index.html").read_bytes(), settings)
    files = StaticFiles(directory=_STATIC / "assets")
    packed = Middleware(GZipMiddleware)
    # A changed file has a new name.
    kept = Middleware(BrowserCache, cache_control=_FOREVER, statuses=frozenset({200, 206, 304}))
    return [
        Route("/dashboard", page.get, middleware=[packed]),
        Route("/dashboard/", page.without_slash),
        Route("/dashboard/surroundings.json", page.surroundings),
        Mount("/dashboard/assets", files, name="dashboard-assets", middleware=[kept, packed]),
    ]


class _Page:
    """The page with its headers; the tag is a hash of bytes and policy, since files of a bundle have one date."""

    def __init__(self, content: bytes, settings: Settings) -> None:
        self._content = content
        self._settings = settings
        policy = _CONTENT_SECURITY_POLICY.format(connect=" ".join(["'self'", *settings.dashboard_connect_sources]))
        tag = hashlib.sha256(content + policy.encode()).hexdigest()[:16]
        self._headers = _PAGE_HEADERS | {"content-security-policy": policy, "etag": f'"{tag}"'}

    async def get(self, request: Request) -> Response:
        """GET /dashboard: the page, or 304 where the browser has it."""
        known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        if self._headers["etag"] in known:
            return Response(status_code=304, headers=self._headers)
        return Response(self._content, headers=self._headers, media_type="text/html")

    async def surroundings(self, _: Request) -> Response:
        """GET /dashboard/surroundings.json: what the page needs of the stage's settings."""
        settings = self._settings
        known = {"uploads": bool(settings.dashboard_connect_sources), "metrics_url": settings.dashboard_metrics_url}
        return JSONResponse(known, headers={"cache-control": "no-cache"})

    async def without_slash(self, _: Request) -> Response:
        """GET /dashboard/: redirect to the page, relatively, so that it is right behind every base path."""
        return RedirectResponse("../dashboard")
