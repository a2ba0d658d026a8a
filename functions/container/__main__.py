"""The container's entry point: `python -m functions.container serve`, as SageMaker starts a container, and `check`."""

import argparse
import gc
import os
import signal
import sys
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from urllib.error import URLError

from functions.container.settings import CONTAINER_DEFAULTS, ContainerSettings, read_container_settings
from functions.core.errors import PalierError
from functions.core.lambda_host.starting import LIBRARY_ENVIRONMENT

_ENVIRONMENT = {**LIBRARY_ENVIRONMENT, **CONTAINER_DEFAULTS}
EXIT_CANNOT_START = 1
# How long the engine's thread may wait for the event loop's before it can say that a batch is done; Python's 5 ms are a
# whole batch.
_SWITCH_INTERVAL_S = 0.0002
# Longer than a load balancer keeps an idle connection, so that it is never the server that closes it first.
_KEEP_ALIVE_S = 75


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, or check a server that runs here; returns 1, after a line that says why, if it cannot."""
    command = container_parser().parse_args(arguments).command
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        container = read_container_settings()
        return check(container) if command == "check" else serve(container)
    except PalierError as error:
        sys.stderr.write(f"palier: {error.message}\n")
        return EXIT_CANNOT_START


def container_parser() -> argparse.ArgumentParser:
    """Return the parser of the container's commands."""
    parser = argparse.ArgumentParser(prog="python -m functions.container", description="Serve models.")
    parser.add_argument("command", choices=("serve", "check"), help="serve, or ask the server here whether it can")
    return parser


def serve(container: ContainerSettings) -> int:
    """Serve until SIGTERM: what is in work is finished, new connections are refused, and the process ends.

    Raises:
        PalierError: settings, provider or default model are not such that anything can be served.
    """
    # Late: a check needs none of it.
    import uvicorn

    from functions.container.app import create_container
    from functions.core.memory import keep_freed_memory
    from functions.core.observability.telemetry import LOGGER, configure_logging
    from functions.core.settings import read_settings

    # The first process of a container ignores a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = read_settings()
    configure_logging(settings.log_level)
    server = create_container(settings, container)
    server.warm_up()
    gc.collect()
    gc.freeze()
    # What a request makes is freed when it ends; looking for cycles every few requests finds none.
    gc.set_threshold(50_000)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    keep_freed_memory()
    LOGGER.info("serving", extra={"port": container.port, "sizes": len(server.sizes), "provider": container.provider})
    config = uvicorn.Config(
        server.served,
        host=container.host,
        port=container.port,
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=container.shutdown_s,
    )
    uvicorn.Server(config).run()
    return 0


def check(container: ContainerSettings) -> int:
    """Ask the server on this machine for /ping; returns 0 when it can serve, else 1."""
    with suppress(URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{container.port}/ping", timeout=2):
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
