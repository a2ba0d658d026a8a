"""The servers that are measured, each a process of its own on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from build_scripts.errors import BuildError

ROOT = Path(__file__).resolve().parents[3]
_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class ServerProcess:
    """A running server: its URL and its process."""

    url: str
    pid: int


@contextmanager
def container(**settings: str) -> Iterator[str]:
    """Run the container with these settings; yields its URL once it accepts connections."""
    with container_process(**settings) as server:
        yield server.url


@contextmanager
def container_process(**settings: str) -> Iterator[ServerProcess]:
    """Run the container with these settings; yields it once it accepts connections."""
    port = _free_port()
    environment = {
        "PALIER_HOST": "127.0.0.1",
        "PALIER_PORT": str(port),
        "PALIER_API_KEYS_REQUIRED": "false",
        "PALIER_LOG_LEVEL": "WARNING",
        "PALIER_PROVIDER": "cpu",
        **settings,
    }
    with _process(["-m", "functions.container", "serve"], environment, port) as server:
        yield server


@contextmanager
def fastapi(model: Path) -> Iterator[str]:
    """Run the usual FastAPI recipe on a model file; yields its URL once it accepts connections."""
    port = _free_port()
    with _process(
        ["-m", "build_scripts.benchmarks.peers.servers.fastapi_list", str(model), str(port)], {}, port
    ) as server:
        yield server.url


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _process(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[ServerProcess]:
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=os.environ | dict(environment), stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(process, port)
        yield ServerProcess(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise BuildError(f"A server did not start within {_START_TIMEOUT_S:g} s.")
