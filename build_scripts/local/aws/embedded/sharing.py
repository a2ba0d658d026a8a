"""One emulator for each data folder: the first process starts it, others use it while it runs."""

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from build_scripts.local.aws.embedded.access import Access, Address, answers, open_private
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import STATE, EmbeddedServices, Host, Offer, this_host

_WAIT_S = 30.0
_ADDRESS = "address"


@dataclass(frozen=True)
class Endpoint:
    """Embedded services that answer; `services` is None where another process started them."""

    access: Access
    services: EmbeddedServices | None

    @property
    def started(self) -> bool:
        """Whether they were started for this block."""
        return self.services is not None


@contextmanager
def open_services(
    data_dir: Path,
    host: Callable[[], Host] = this_host,
    *,
    listener: socket.socket | None = None,
    offer: Offer | None = None,
) -> Iterator[Endpoint]:
    """Use the services of a data folder within a block; those that are started for it end with it.

    Args:
        data_dir: keeps their state; what is in it is for its owner alone.
        host: gives what runs them, where they must be started.
        listener: of those that are started, see `EmbeddedServices`.
        offer: of those that are started.

    Raises:
        EmbeddedServicesError: they cannot be started, or another process holds the folder and does not answer.
        OSError: the folder cannot be made, or is another user's.
    """
    make_private(data_dir)
    address = data_dir / _ADDRESS
    with open(data_dir / "lock", "w", opener=open_private) as lock:
        if access := _taken(lock, data_dir):
            yield Endpoint(access, None)
            return
        with EmbeddedServices(host(), data_dir, listener, offer=offer, lock=lock) as services:
            Address(services.access, os.getpid()).write(address)
            try:
                yield Endpoint(services.access, services)
            finally:
                address.unlink()


def keeps_state(data_dir: Path) -> bool:
    """Return whether a folder keeps a state, or gets one: services write it when their starter was killed."""
    return (data_dir / STATE).is_dir() or (data_dir / _ADDRESS).exists()


def make_private(folder: Path) -> None:
    """Make a folder that only its owner enters, or make one that is there so; raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def running(data_dir: Path) -> Access | None:
    """Return access to the services of a data folder, or None where none answer, or these are about to end."""
    found = Address.read(data_dir / _ADDRESS)
    return found.access if found and _lives(found.starter) and answers(found.access.url) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It is another user's.
        return True
    return True


def _taken(lock: IO[str], data_dir: Path) -> Access | None:
    """Return access to the services that hold the folder, or None once this process does."""
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if access := running(data_dir):
                return access
            time.sleep(0.05)
        else:
            return None
    raise EmbeddedServicesError(f"Another process holds {data_dir} and does not answer: end it.")
