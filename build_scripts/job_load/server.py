"""local_server.py as a process, with what it has used of the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from build_scripts.errors import BuildError

ROOT = Path(__file__).resolve().parents[2]
_URL = re.compile(r"^Palier diagnoses at (\S+)")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class LocalServer:
    """Where it answers, and its process."""

    url: str
    pid: int

    def peak_memory_mb(self) -> float:
        """Return the most memory (MB) that it has had; Linux."""
        found = _PEAK.search(Path(f"/proc/{self.pid}/status").read_text())
        if found is None:
            raise BuildError("This system does not say how much memory a process has had.")
        return int(found[1]) * 1024 / 1e6


@contextmanager
def local_server() -> Iterator[LocalServer]:
    """Run it on a free port, without keys, and end it.

    Raises:
        BuildError: it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, "local_server.py", "--port", "0"],
        cwd=ROOT,
        env=os.environ | {"PALIER_STAGE": "local"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        found = _URL.match(process.stdout.readline() if process.stdout else "")
        if found is None:
            raise BuildError("local_server.py did not start.")
        yield LocalServer(found[1], process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=60)
