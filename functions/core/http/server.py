"""A server outside of Lambda: its socket, uvicorn's configuration, and the answer to requests that its end cuts off."""

import asyncio
import os
import socket
from contextlib import ExitStack

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.core.errors import PalierError, ShuttingDownError
from functions.core.http.asgi import error_response
from functions.core.http.connections import ConnectionLimits, bounded_protocol


class CannotListenError(PalierError):
    """An address or a port that cannot be bound."""

    code = "cannot_listen"


def bind(host: str, port: int, advice: str) -> socket.socket:
    """Return a socket that is bound to an address and does not listen yet.

    Args:
        host: a name or an address, IPv4 or IPv6.
        port: 0 takes a free one.
        advice: what to do where the address cannot be bound, as a sentence.

    Raises:
        CannotListenError: the address or port cannot be bound.
    """
    with ExitStack() as opened:
        try:
            bound = opened.enter_context(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
            if bound.family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if os.name == "posix":
                # On Windows it would let another program take the port away.
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, port))
        except (OSError, OverflowError, TypeError, UnicodeError) as error:
            raise CannotListenError(f"cannot listen on {host}:{port}: {_reason(error)}. {advice}") from None
        opened.pop_all()
    return bound


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror).partition(" (")[0]
    # The messages of socket are about types and encodings.
    return "ports go from 0 to 65535" if isinstance(error, OverflowError) else "the host is no name or address"


class ShutdownBoundary:
    """The outermost middleware: answers 503 to a request that the end of the server cuts off."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except asyncio.CancelledError:
            if begun or scope["type"] != "http":
                raise
            # Only uvicorn cancels a request, once, and then waits for nothing more.
            error = ShuttingDownError("The server ended before the request was done; send it again.")
            await error_response(error)(scope, receive, send)


def server_config(app: ASGIApp, limits: ConnectionLimits, keep_alive_s: int, shutdown_s: int) -> uvicorn.Config:
    """Return the configuration with which uvicorn runs an app.

    Args:
        app: with all its middleware but ShutdownBoundary.
        limits: of its connections.
        keep_alive_s: how long an idle connection stays open.
        shutdown_s: to finish what is in work, after SIGTERM.
    """
    return uvicorn.Config(
        ShutdownBoundary(app),
        http=bounded_protocol(limits),
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=shutdown_s,
    )
