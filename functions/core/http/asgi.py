"""The Starlette app that every function has: request ids, the access log, error answers, CORS, API keys."""

import asyncio
import hmac
import logging
import os
import time
from collections.abc import Iterable, Sequence
from functools import partial
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
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.core.errors import (
    ApiKeyInvalidError,
    DependencyUnavailableError,
    MethodNotAllowedError,
    NotFoundError,
    PalierError,
    PastEdgeError,
)
from functions.core.http.answers import error_answer
from functions.core.keys import keys
from functions.core.keys.key_stores import CachedKeyStore, KeyStore, newest_ring
from functions.core.observability.metrics import Meter, Sink, observe_key_store_failure
from functions.core.observability.telemetry import LOGGER, request_id, request_id_var
from functions.core.settings import Settings

# Lambda sets it anew for each invocation: Root=1-...;Parent=...;Sampled=1.
_TRACE = "_X_AMZN_TRACE_ID"
# The policy of a page that has none of its own.
_NOTHING_MAY_LOAD = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# CloudFront writes a secret of its own into it.
EDGE_HEADER = "x-palier-edge"
# Most characters of a path and a method that an error repeats.
_LONGEST_PATH = 200
_LONGEST_METHOD = 20


def create_starlette(routes: Sequence[BaseRoute], settings: Settings, sinks: Sequence[Sink] = ()) -> Starlette:
    """Compose an app of its routes and the middleware that every function has; `sinks` receive every request."""
    middleware = [Middleware(RequestBoundary, meter=Meter(settings, sinks))]
    if settings.edge_proofs:
        middleware.append(Middleware(RequireEdge, secrets=settings.edge_proofs))
    if settings.cors_origins:
        # Outermost: also a 500 must reach the page that asked.
        middleware.insert(0, _cors(settings.cors_origins))
    app = Starlette(
        routes=list(routes),
        middleware=middleware,
        exception_handlers={PalierError: _answer_error, HTTPException: _answer_http_exception},
    )
    # A redirect would lead to whatever the Host header names.
    app.router.redirect_slashes = False
    return app


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
        asked = Headers(scope=scope).get("x-request-id")
        token = request_id_var.set(request_id(asked, gateway_request_id(scope)))
        exchange, measured = _Exchange(send), self._meter.begin()
        started = time.perf_counter()
        try:
            await self.app(scope, receive, exchange.send)
        except ClientDisconnect:
            LOGGER.info("client disconnected", extra={"path": scope["path"]})
        except Exception:  # noqa: BLE001 - the one boundary
            # The answer must reveal nothing internal.
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
    """A response on its way: adds the request's id, and a policy to a page without one; keeps the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = request_id_var.get() or ""
            if _is_page(headers.raw):
                headers.setdefault("content-security-policy", _NOTHING_MAY_LOAD)
        await self._send(message)


def _is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


class RequireEdge:
    """Middleware of an app behind CloudFront that refuses requests without one of the secrets that CloudFront shows."""

    def __init__(self, app: ASGIApp, secrets: Iterable[str]) -> None:
        self.app = app
        self._secrets = [secret.encode() for secret in secrets]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the secret, then run the app."""
        past = scope["type"] == "http" and not self._is_shown(Headers(scope=scope).get(EDGE_HEADER, "").encode())
        await (error_response(PastEdgeError()) if past else self.app)(scope, receive, send)

    def _is_shown(self, shown: bytes) -> bool:
        return any(hmac.compare_digest(shown, secret) for secret in self._secrets)


class RequireKey:
    """Middleware of a route that refuses a request without a valid API key of the scope."""

    def __init__(self, app: ASGIApp, store: KeyStore, scope: keys.Scope) -> None:
        self.app = app
        self._store = store
        self._scope = scope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, then run the route."""
        presented = Headers(scope=scope).getlist("x-api-key")
        if len(presented) > 1:
            # Limits before the app may count by another of them than the one that it would take.
            raise ApiKeyInvalidError("The header X-API-Key is there more than once; send one key.")
        try:
            key = await asyncio.to_thread(self._authenticate, presented[0] if presented else None)
        except DependencyUnavailableError:
            observe_key_store_failure()
            raise
        if isinstance(self._store, CachedKeyStore) and self._store.is_silent:
            # The last known ring was used: the failure is counted, so that an alarm is raised before that one ends.
            observe_key_store_failure()
        keys.require_scope(key, self._scope)
        scope.setdefault("state", {})["api_key_id"] = key.id
        await self.app(scope, receive, partial(self._send, send))

    async def _send(self, send: Send, message: Message) -> None:
        if message["type"] == "http.response.start":
            # An answer to a key is for its holder: no shared cache may keep it.
            MutableHeaders(scope=message).setdefault("cache-control", "no-store")
        await send(message)

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
    """Middleware of static files that lets browsers cache answers of these statuses, by default of all."""

    def __init__(self, app: ASGIApp, cache_control: str, statuses: frozenset[int] | None = None) -> None:
        self.app = app
        self._cache_control = cache_control
        self._statuses = statuses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add cache headers to its answer."""

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
    return JSONResponse(content, status_code=error.status, headers={"cache-control": "no-store", **error.headers})


async def _answer_error(_: Request, error: Exception) -> Response:
    known = cast("PalierError", error)
    if known.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOGGER.error(known.message, extra={"code": known.code}, exc_info=known.__cause__)
    return error_response(known)


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    # Not request.url: the Host header, which may be no host, is a part of it.
    path = request.scope["path"][:_LONGEST_PATH]
    if raised.status_code == HTTPStatus.NOT_FOUND:
        return error_response(NotFoundError(f"There is nothing at {path}; /docs lists what there is."))
    if raised.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        raise raised
    response = error_response(MethodNotAllowedError(f"{request.method[:_LONGEST_METHOD]} is not allowed at {path}."))
    # Static files are not routes, and allow these two.
    methods = allowed_methods(request.scope["router"].routes, request.scope) or {"GET", "HEAD"}
    response.headers["allow"] = ", ".join(sorted(methods))
    return response


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> set[str]:
    """Return the methods of all routes that match a request's path; Starlette names those of the first only."""
    methods: set[str] = set()
    for route in routes:
        match, child_scope = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Route):
            methods |= route.methods or set()
        else:
            methods |= allowed_methods(getattr(route, "routes", ()), {**scope, **child_scope})
    return methods


def _endpoint(scope: Scope) -> str:
    # The name of the code, never the caller's path: a label must stay one of few.
    return getattr(scope["endpoint"], "__name__", "other") if "endpoint" in scope else "unmatched"


def gateway_request_id(scope: Scope) -> str | None:
    """Return the id that the gateway before a Lambda function gave a request, as in the gateway's access log."""
    found = scope.get("aws.event", {}).get("requestContext", {}).get("requestId")
    return found if isinstance(found, str) else None


def _invocation(scope: Scope) -> dict[str, str]:
    """Return the ids of a request in AWS's own records: the gateway's, Lambda's and the trace's."""
    if "aws.event" not in scope:
        return {}
    found = {
        "gateway_request_id": gateway_request_id(scope),
        "lambda_request_id": getattr(scope.get("aws.context"), "aws_request_id", None),
        "trace_id": os.environ.get(_TRACE, "").partition(";")[0].removeprefix("Root="),
    }
    return {name: value for name, value in found.items() if value}


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
            **_invocation(scope),
        },
    )
