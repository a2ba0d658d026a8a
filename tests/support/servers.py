"""A real server in this process: loopback, a free port, ended with the block."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from functions.core.http.connections import ConnectionLimits, bounded_protocol
from functions.core.http.server import ShutdownBoundary
from tests.support.waiting import SECONDS


@contextmanager
def serving(app: ASGIApp, limits: ConnectionLimits | None = None) -> Iterator[tuple[str, int]]:
    """Serve an app, its connections bounded as local_server.py and the container bound them; yield host and port."""
    protocol = bounded_protocol(limits or ConnectionLimits())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(
                ShutdownBoundary(app),
                http=protocol,
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=5,
            )
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            # The socket listens already: a request waits in its backlog until the server accepts.
            yield listener.getsockname()[:2]
        finally:
            server.should_exit = True
            thread.join(timeout=SECONDS)
            assert not thread.is_alive()


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
