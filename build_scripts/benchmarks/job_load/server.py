"""local_server.py as a process, with what it has used of the machine."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from build_scripts.errors import BuildError
from build_scripts.local.aws.worker_process import MODULE as WORKER

ROOT = Path(__file__).resolve().parents[3]
_URL = re.compile(r"^Palier diagnoses at (\S+)")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class LocalServer:
    """A running local_server.py: its URL and its process."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self.process.pid

    def has_ended(self) -> bool:
        """Whether it has ended by itself, or is about to since it was killed."""
        try:
            return self.process.wait(timeout=1) is not None
        except subprocess.TimeoutExpired:
            return False

    def peak_memory_mb(self) -> "PeakMemory":
        """Return the most memory that each of its processes has had; Linux."""
        workers = workers_of(self.pid)
        return PeakMemory(sum(map(_peak_mb, [self.pid, *workers])), sum(map(_peak_mb, services_of(self.pid))))


@dataclass(frozen=True)
class PeakMemory:
    """The most memory (MB) that the server and its workers have had, and the services that stand in for AWS."""

    palier_mb: float
    services_mb: float


@contextmanager
def local_server(data_dir: Path | None = None, **settings: str) -> Iterator[LocalServer]:
    """Run it on a free port, without keys, and end it.

    Args:
        data_dir: keeps its jobs over a restart.
        settings: variables of its environment.

    Raises:
        BuildError: it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, "local_server.py", "--port", "0", *(["--data-dir", str(data_dir)] if data_dir else [])],
        cwd=ROOT,
        env=os.environ | {"PALIER_STAGE": "local"} | settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        found = _URL.match(process.stdout.readline() if process.stdout else "")
        if found is None:
            raise BuildError("local_server.py did not start.")
        yield LocalServer(found[1], process)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def workers_of(pid: int) -> list[int]:
    """Return the processes of a server's workers; Linux."""
    return [child for child in children_of(pid) if WORKER in _command(child)]


def services_of(pid: int) -> list[int]:
    """Return the processes of a server's embedded services; Linux."""
    workers = workers_of(pid)
    return [child for child in children_of(pid) if child not in workers]


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run; Linux."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in _read(task).split()]


def _command(pid: int) -> list[str]:
    return _read(Path(f"/proc/{pid}/cmdline")).split("\0")


def _read(path: Path) -> str:
    """Return what /proc has there; nothing where a thread or process has ended since it was found."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _peak_mb(pid: int) -> float:
    found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise BuildError(f"/proc/{pid}/status has no VmHWM: run this benchmark on Linux.")
    return int(found[1]) * 1024 / 1e6
