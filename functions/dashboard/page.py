"""The routes of the page, GET /dashboard and its files, which are cached by their hashed names (docs/dashboard.md)."""

import hashlib
from collections.abc import Mapping
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
# Made by `make docs`, from the benchmarks, the prices and the stages.
_PLANS = Path(__file__).parent / "plans.json"

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
    policy = _CONTENT_SECURITY_POLICY.format(connect=" ".join(["'self'", *settings.dashboard_connect_sources]))
    page = _File(_STATIC / "index.html", "text/html", _PAGE_HEADERS | {"content-security-policy": policy})
    plans = _File(_PLANS, "application/json", {"cache-control": "no-cache"})
    surroundings = _Surroundings(settings)
    files = StaticFiles(directory=_STATIC / "assets")
    packed = Middleware(GZipMiddleware)
    # A changed file has a new name.
    kept = Middleware(BrowserCache, cache_control=_FOREVER, statuses=frozenset({200, 206, 304}))
    return [
        Route("/dashboard", page.get, middleware=[packed]),
        Route("/dashboard/", _without_slash),
        Route("/dashboard/plans.json", plans.get, middleware=[packed]),
        Route("/dashboard/surroundings.json", surroundings.get),
        Mount("/dashboard/assets", files, name="dashboard-assets", middleware=[kept, packed]),
    ]


class _File:
    """A file with its headers; the tag is a hash of both, since the files of a bundle have one date."""

    def __init__(self, path: Path, media_type: str, headers: Mapping[str, str]) -> None:
        self._content = path.read_bytes()
        self._media_type = media_type
        tag = hashlib.sha256(self._content + repr(sorted(headers.items())).encode()).hexdigest()[:16]
        self._headers = {**headers, "etag": f'"{tag}"'}

    async def get(self, request: Request) -> Response:
        """Answer with the file, or with 304 where the browser has it."""
        known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        if self._headers["etag"] in known:
            return Response(status_code=304, headers=self._headers)
        return Response(self._content, headers=self._headers, media_type=self._media_type)


class _Surroundings:
    """What the page needs of the stage's settings."""

    def __init__(self, settings: Settings) -> None:
        self._known = {
            "uploads": bool(settings.dashboard_connect_sources),
            "metrics_url": settings.dashboard_metrics_url,
        }

    async def get(self, _: Request) -> Response:
        """GET /dashboard/surroundings.json."""
        return JSONResponse(self._known, headers={"cache-control": "no-cache"})


async def _without_slash(_: Request) -> Response:
    """GET /dashboard/: redirect to the page, relatively, so that it is right behind every base path."""
    return RedirectResponse("../dashboard")
