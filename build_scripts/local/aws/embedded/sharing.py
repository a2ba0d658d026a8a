"""One emulator for each data folder: whoever comes first starts it, others use it while it runs."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import EmbeddedServices, Host, answers, this_host

_WAIT_S = 30.0
# Holds the process that started the services, and their URL.
_ADDRESS = "address"


@dataclass(frozen=True)
class Endpoint:
    """Where embedded services answer, and whether they were started for this block."""

    url: str
    started: bool


@contextmanager
def open_services(
    data_dir: Path, host: Callable[[], Host] = this_host, *, port: int = 0, enforce_iam: bool = False
) -> Iterator[Endpoint]:
    """Use the services of a data folder within a block; those that are started for it end with it.

    Args:
        data_dir: keeps their state.
        host: gives what runs them, where they must be started.
        port: of those that are started; 0 takes a free one.
        enforce_iam: those that are started refuse what a role does not grant.

    Raises:
        EmbeddedServicesError: they cannot be started, or another process holds the folder and does not answer.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    address = data_dir / _ADDRESS
    with (data_dir / "lock").open("w") as lock:
        if url := _taken(lock, data_dir):
            yield Endpoint(url, started=False)
            return
        with EmbeddedServices(host(), data_dir, port, enforce_iam=enforce_iam, lock=lock) as services:
            address.write_text(f"{os.getpid()} {services.url}")
            try:
                yield Endpoint(services.url, started=True)
            finally:
                address.unlink()


def running(data_dir: Path) -> str | None:
    """Return the URL of the services of a data folder, or None where none answer, or these are about to end."""
    address = data_dir / _ADDRESS
    starter, _, url = (address.read_text() if address.exists() else "").partition(" ")
    return url if url and _lives(int(starter)) and answers(url) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It is another user's.
        return True
    return True


def _taken(lock: IO[str], data_dir: Path) -> str | None:
    """Return the URL of the services that hold the folder, or None once this process does."""
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if url := running(data_dir):
                return url
            time.sleep(0.05)
        else:
            return None
    raise EmbeddedServicesError(f"Another process holds {data_dir} and does not answer: end it.")
