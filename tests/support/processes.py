"""The container as a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.servers import unused_port
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[2]
ENTRY = (sys.executable, "-m", "functions.container")


@dataclass(frozen=True)
class Served:
    """A server that runs: its process, its address, and the environment it was given."""

    process: subprocess.Popen[str]
    port: int
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def process(
    environment: Mapping[str, str],
    command: Sequence[str] = (*ENTRY, "serve"),
    folder: Path = ROOT,
    user: int | None = None,
) -> Iterator[Served]:
    """Start a server on a free port, wait until it answers, and end it by its own handle."""
    port = unused_port()
    whole = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PALIER_HOST": "127.0.0.1"}
    whole |= {"PALIER_PORT": str(port), **environment}
    running = subprocess.Popen(command, cwd=folder, env=whole, stderr=subprocess.PIPE, text=True, user=user)
    served = Served(running, port, whole)
    try:
        _until_up(served)
        yield served
    finally:
        running.kill()
        running.communicate(timeout=SECONDS)


def _until_up(served: Served) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if served.process.poll() is not None:
            raise AssertionError(f"the server ended: {served.process.communicate()[1][-2000:]}")
        try:
            if httpx.get(f"{served.url}/ping", timeout=SECONDS).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not answer within 60 s")


def refuses(port: int) -> bool:
    """Return whether nothing accepts connections at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
