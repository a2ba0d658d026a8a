"""local_server.py as a process of its own, as a user starts it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path

import httpx
import pytest

from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import this_host
from tests.support.recordings import npy_bytes, tone

ROOT = Path(__file__).resolve().parents[2]
# A limit for what hangs, not for what is slow.
SECONDS = 300
SERVER = (sys.executable, str(ROOT / "local_server.py"))


class Running:
    """A server that has announced itself."""

    def __init__(self, process: subprocess.Popen[str], lines: list[str]) -> None:
        self.process = process
        self.lines = lines
        found = re.search(r"^Palier diagnoses at (http://\S+:\d+)$", "\n".join(lines), re.MULTILINE)
        assert found, lines
        self.url = found[1]
        shown = re.search(r"API key .*: (palier_\S+)$", "\n".join(lines), re.MULTILINE)
        self.key = shown[1] if shown else None

    def predict(self, key: str | None = None) -> httpx.Response:
        headers = {"content-type": "application/x-npy"} | ({"x-api-key": key} if key else {})
        return httpx.post(f"{self.url}/predict", content=npy_bytes(tone(0.5)), headers=headers, timeout=SECONDS)

    def interrupt(self) -> tuple[int, str, str]:
        """Press Ctrl-C; returns exit status and the rest of both streams."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, out, err


Start = Callable[..., AbstractContextManager[Running]]


@cache
def no_services() -> str | None:
    """Install the embedded services, so that no server does; returns why that cannot be done here."""
    try:
        this_host()
    except EmbeddedServicesError as reason:
        return reason.message
    return None


@pytest.fixture
def environment(models_dir: Path) -> dict[str, str]:
    return models_environment(models_dir)


def models_environment(models_dir: Path) -> dict[str, str]:
    """Return the environment of a server of the tiny models."""
    no_services()
    return os.environ | {
        "PALIER_MODELS_DIR": str(models_dir),
        "PALIER_DEFAULT_MODEL": "tiny",
        "PYTHONPATH": str(ROOT),
        "ORT_DISABLE_TELEMETRY": "1",
    }


def launch(environment: dict[str, str], *arguments: str, server: Sequence[str] = SERVER) -> subprocess.Popen[str]:
    command = [*server, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(environment: dict[str, str], *arguments: str, server: Sequence[str] = SERVER) -> Iterator[Running]:
    """Start a server and read what it announces."""
    with launch(environment, "--port", "0", *arguments, server=server) as process:
        try:
            assert process.stdout
            lines = []
            while line := process.stdout.readline():
                lines.append(line.rstrip("\n"))
                if line.startswith("Ctrl-C"):
                    break
            yield Running(process, lines)
        finally:
            process.kill()


@pytest.fixture
def start(environment: dict[str, str]) -> Start:
    return partial(running, environment)
