"""The container's entry point: `python -m functions.container serve`, as SageMaker starts a container, and `check`."""

import argparse
import gc
import signal
import sys
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from urllib.error import URLError

from functions.container.settings import CONTAINER_DEFAULTS, ContainerSettings, read_container_settings
from functions.core.errors import PalierError
from functions.core.lambda_host.starting import LIBRARY_ENVIRONMENT
from functions.core.settings import set_defaults

_ENVIRONMENT = {**LIBRARY_ENVIRONMENT, **CONTAINER_DEFAULTS}
EXIT_CANNOT_START = 1
# How long the engine's thread waits for the interpreter before it can report a finished batch. Python's default, 5 ms,
# is longer than a batch; a much shorter interval makes the threads switch often while a large body is read.
_SWITCH_INTERVAL_S = 0.001
# Longer than a load balancer keeps an idle connection, so that the server never closes it first.
_KEEP_ALIVE_S = 75


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, or check the server of this machine; returns 1, after a line with the reason, on failure."""
    command = container_parser().parse_args(arguments).command
    set_defaults(_ENVIRONMENT)
    try:
        container = read_container_settings()
        return check(container) if command == "check" else serve(container)
    except PalierError as error:
        sys.stderr.write(f"palier: {error.message}\n")
        return EXIT_CANNOT_START


def container_parser() -> argparse.ArgumentParser:
    """Return the parser of the container's commands."""
    parser = argparse.ArgumentParser(prog="python -m functions.container", description="Serve models.")
    parser.add_argument("command", choices=("serve", "check"), help="serve, or check the server of this machine")
    return parser


def serve(container: ContainerSettings) -> int:
    """Serve until SIGTERM: then requests in work are finished, new connections are refused, and the process ends.

    Raises:
        PalierError: settings, address, provider or default model do not allow serving.
    """
    # Late: a check needs none of it.
    import uvicorn

    from functions.container.app import create_container
    from functions.core.http.connections import ConnectionLimits
    from functions.core.http.server import bind, server_config
    from functions.core.memory import keep_freed_memory
    from functions.core.observability.telemetry import LOGGER, configure_logging
    from functions.core.settings import read_settings

    # The first process of a container ignores a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = read_settings()
    configure_logging(settings.log_level)
    # Before the models are loaded, so that an address in use is reported at once.
    with bind(container.host, container.port, "Choose another PALIER_HOST or PALIER_PORT.") as bound:
        server = create_container(settings, container)
        server.warm_up()
        _tune()
        keep_freed_memory()
        extra = {"port": container.port, "sizes": len(server.sizes), "provider": container.provider}
        LOGGER.info("serving", extra=extra)
        limits = ConnectionLimits(container.max_head_bytes, container.head_timeout_s, container.deadline_ms / 1e3)
        config = server_config(server.served, limits, _KEEP_ALIVE_S, container.shutdown_s)
        uvicorn.Server(config).run(sockets=[bound])
    return 0


def _tune() -> None:
    gc.collect()
    gc.freeze()
    # Objects of a request are freed when it ends: a collection every few requests would find no cycles.
    gc.set_threshold(50_000)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)


def check(container: ContainerSettings) -> int:
    """Request /ping from the server of this machine; returns 0 when it can serve, else 1."""
    with suppress(URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{container.port}/ping", timeout=2):
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
