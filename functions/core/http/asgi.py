"""What every function's Starlette app shares: request ids, the access log, errors, CORS, keys."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import cast

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.core.errors import (
    ApiKeyInvalidError,
    DependencyUnavailableError,
    MethodNotAllowedError,
    NotFoundError,
    PalierError,
)
from functions.core.http.answers import error_answer
from functions.core.keys import keys
from functions.core.keys.key_stores import KeyStore, newest_ring
from functions.core.observability.metrics import Meter, Sink, observe_key_store_failure
from functions.core.observability.telemetry import LOGGER, request_id, request_id_var
from functions.core.settings import Settings


def create_starlette(routes: Sequence[BaseRoute], settings: Settings, sinks: Sequence[Sink] = ()) -> Starlette:
    """Compose an app: the routes, and around them what every function needs; `sinks` are told of every request."""
    middleware = [Middleware(RequestBoundary, meter=Meter(settings, sinks))]
    if settings.cors_origins:
        # Outermost: also a 500 must reach the page that asked.
        middleware.insert(0, _cors(settings.cors_origins))
    return Starlette(
        routes=list(routes),
        middleware=middleware,
        exception_handlers={PalierError: _answer_error, HTTPException: _answer_http_exception},
    )


def _cors(origins: Sequence[str]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=[
            "Content-Type",
            "Content-Encoding",
            "X-API-Key",
            "X-Request-ID",
            "Idempotency-Key",
            "Inference-Header-Content-Length",
            # read by the container
            "X-Deadline-Ms",
        ],
        expose_headers=["X-Request-ID", "Retry-After", "Inference-Header-Content-Length"],
        max_age=600,
    )


class RequestBoundary:
    """The outermost boundary: gives the request its id, logs and measures it, and turns a defect into a 500."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self.app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        token = request_id_var.set(request_id(Headers(scope=scope).get("x-request-id")))
        exchange, measured = _Exchange(send), self._meter.begin()
        started = time.perf_counter()
        try:
            await self.app(scope, receive, exchange.send)
        except ClientDisconnect:
            LOGGER.info("client disconnected", extra={"path": scope["path"]})
        except Exception:  # noqa: BLE001 - the one boundary
            # Whatever went wrong, the caller learns nothing internal of it.
            LOGGER.exception("unhandled error", extra={"path": scope["path"]})
            if not exchange.status:
                defect = PalierError("Something went wrong here; the request id finds it in the log.")
                await error_response(defect)(scope, receive, exchange.send)
        finally:
            duration_ms = (time.perf_counter() - started) * 1e3
            _log_access(scope, exchange.status, duration_ms)
            self._meter.end(measured, _endpoint(scope), exchange.status, duration_ms, scope["method"])
            request_id_var.reset(token)


class _Exchange:
    """Sends a response with the request's id, and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["x-request-id"] = request_id_var.get() or ""
        await self._send(message)


class RequireKey:
    """Middleware of a route: lets a request pass whose API key has the scope."""

    def __init__(self, app: ASGIApp, store: KeyStore, scope: keys.Scope) -> None:
        self.app = app
        self._store = store
        self._scope = scope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, then run the route."""
        presented = Headers(scope=scope).get("x-api-key")
        try:
            key = await asyncio.to_thread(self._authenticate, presented)
        except DependencyUnavailableError:
            observe_key_store_failure()
            raise
        keys.require_scope(key, self._scope)
        scope.setdefault("state", {})["api_key_id"] = key.id
        await self.app(scope, receive, send)

    def _authenticate(self, presented: str | None) -> keys.ApiKey:
        try:
            return self._store.read().authenticate(presented)
        except ApiKeyInvalidError:
            # It may have been made since the ring was read.
            return newest_ring(self._store).authenticate(presented)


def require_key(store: KeyStore | None, scope: keys.Scope) -> list[Middleware]:
    """Return a route's middleware: a key check, or none where keys are not required."""
    return [] if store is None else [Middleware(RequireKey, store=store, scope=scope)]


class BrowserCache:
    """Middleware of static files: lets browsers keep answers of these statuses, by default of all."""

    def __init__(self, app: ASGIApp, cache_control: str, statuses: frozenset[int] | None = None) -> None:
        self.app = app
        self._cache_control = cache_control
        self._statuses = statuses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and mark what comes back."""

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-content-type-options"] = "nosniff"
                if self._statuses is None or message["status"] in self._statuses:
                    headers["cache-control"] = self._cache_control
            await send(message)

        await self.app(scope, receive, mark)


def error_response(error: PalierError) -> JSONResponse:
    """Return the canonical error body of an error, with its status and headers."""
    content = msgspec.to_builtins(error_answer(error, request_id_var.get()))
    return JSONResponse(content, status_code=error.status, headers=error.headers)


async def _answer_error(_: Request, error: Exception) -> Response:
    known = cast("PalierError", error)
    if known.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOGGER.error(known.message, extra={"code": known.code}, exc_info=known.__cause__)
    return error_response(known)


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    kinds: dict[int, Callable[[str], PalierError]] = {404: NotFoundError, 405: MethodNotAllowedError}
    sentences = {
        404: f"There is nothing at {request.url.path}; /docs lists what there is.",
        405: f"{request.method} is not allowed at {request.url.path}.",
    }
    if raised.status_code not in kinds:
        raise raised
    response = error_response(kinds[raised.status_code](sentences[raised.status_code]))
    response.headers.update(raised.headers or {})
    return response


def _endpoint(scope: Scope) -> str:
    # The name of the code, never the caller's path: a label must stay one of few.
    return getattr(scope["endpoint"], "__name__", "other") if "endpoint" in scope else "unmatched"


def _log_access(scope: Scope, status: int, duration_ms: float) -> None:
    if not LOGGER.isEnabledFor(logging.INFO):
        return
    LOGGER.info(
        "request",
        extra={
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "duration_ms": round(duration_ms, 3),
            "api_key_id": scope.get("state", {}).get("api_key_id"),
        },
    )
