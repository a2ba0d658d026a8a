"""A peer as a process: from its start to its first right answer, and its end with all that it has started."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from build_scripts.benchmarks.job_load.server import children_of
from build_scripts.benchmarks.peers.environments import ROOT
from build_scripts.benchmarks.peers.table import Ask, Peer, Start, headers_of
from build_scripts.errors import BuildError
from functions.core.preprocessing.arrays import Float32Array

_START_TIMEOUT_S, _END_TIMEOUT_S = 120.0, 20.0


@dataclass(frozen=True)
class Asked:
    """The request to a peer: a window float32 [T], the model's name, and the class that a right answer names."""

    window: Float32Array
    model: str
    expected: int

    def url(self, ask: Ask, port: int) -> str:
        """Return the URL of a request."""
        return f"http://127.0.0.1:{port}{ask.path.replace('MODEL', self.model)}"


@dataclass(frozen=True)
class Running:
    """A peer that answers: its port, its process, and the seconds from its start to its first right answer."""

    port: int
    pid: int
    start_s: float

    def memory_mb(self) -> float:
        """Return the memory of the process and of all that it has started, shared pages by their share."""
        return sum(_memory_mb(pid) for pid in _family(self.pid))


@contextmanager
def running(peer: Peer, programs: Path, model: Path, asked: Asked) -> Iterator[Running]:
    """Start a peer; yields it once it has answered rightly.

    Raises:
        BuildError: it ends, or does not answer rightly in time.
    """
    with tempfile.TemporaryDirectory(prefix="palier-peer-") as name:
        folder, port = Path(name), _free_port()
        start = Start(programs, model, port, folder)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{programs}:{os.environ['PATH']}"}
        # One thread for everything; no telemetry, for anybody.
        environment |= {"OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1", "RAY_USAGE_STATS_ENABLED": "0"}
        command = peer.command(start)
        began = time.perf_counter()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment | dict(peer.variables(start)),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait(process, peer.asks["json"], asked, port, folder / "log")
            yield Running(port, process.pid, time.perf_counter() - began)
        finally:
            _end(process)


def named_class(document: Mapping[str, Any]) -> int:
    """Return the class that an answer names, native or of v2.

    Raises:
        KeyError, StopIteration: it names none.
    """
    if "predicted_class" in document:
        return int(document["predicted_class"])
    output = next(one for one in document["outputs"] if one["name"] == "probabilities")
    return max(range(len(output["data"])), key=output["data"].__getitem__)


def _wait(process: "subprocess.Popen[bytes]", ask: Ask, asked: Asked, port: int, log: Path) -> None:
    url, body, headers = asked.url(ask, port), ask.body(asked.window), headers_of(ask, asked.window)
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.HTTPError, ValueError, KeyError, StopIteration):
            document = httpx.post(url, content=body, headers=headers, timeout=10).raise_for_status().json()
            if named_class(document) == asked.expected:
                return
            raise BuildError(f"{url} answers wrongly: {document}")
        time.sleep(0.02)
    raise BuildError(f"A server did not answer: {log.read_text(errors='replace')[-500:]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    family = _family(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_END_TIMEOUT_S)
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(timeout=_END_TIMEOUT_S)


def _family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        found.append(one)
        # It may end meanwhile.
        with suppress(OSError):
            left += children_of(one)
    return found


def _memory_mb(pid: int) -> float:
    with suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1e3
    return 0.0


def _free_port() -> int:
    """Return a port that is free, with two behind it: MLServer takes three."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = int(listener.getsockname()[1])
        with suppress(OSError):
            for further in (port + 1, port + 2):
                socket.create_server(("127.0.0.1", further)).close()
            return port
