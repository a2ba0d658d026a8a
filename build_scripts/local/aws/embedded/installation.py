"""The emulator's packages: in a folder of their own, from locked versions with hashes, installed once."""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from build_scripts.local.aws.embedded.processes import ending_with_input
from functions.core.errors import PalierError

LOCK = Path(__file__).with_name("requirements.txt")
CACHE = Path(__file__).resolve().parents[4] / "build" / "embedded"
_TIMEOUT_S = 600
_POLL_S = 0.05
# The server has precedence over an installation in the background.
_BACKGROUND_NICENESS = 10
_STOPPED = "the installation was stopped."

Notify = Callable[[str], None]


class EmbeddedServicesError(PalierError):
    """The embedded services cannot be installed or started; the message has the reason."""

    code = "embedded_services"


def installed_packages(
    cache: Path = CACHE,
    python_version: str | None = None,
    notify: Notify = lambda _: None,
    *,
    niceness: int = 0,
    stopped: threading.Event | None = None,
) -> Path:
    """Return the folder of the emulator's packages, made where it is missing or of another lock.

    Args:
        cache: folder of such folders.
        python_version: of the Python that will run them, like `3.13`; default this one's.
        notify: gets one sentence before a download.
        niceness: of the installation, on top of this process's own.
        stopped: ends the installation when it is set.

    Raises:
        EmbeddedServicesError: pip cannot install them, or was stopped.
    """
    version = python_version or _this_version()
    folder = cache / f"packages-{version}-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        if stopped is not None and stopped.is_set():
            raise _not_installed(_STOPPED)
        notify(f"installing the embedded AWS services into {cache} (once)")
        _install(folder, _Pip(version, niceness, stopped or threading.Event()))
    return folder


@dataclass
class Installation:
    """This Python's packages, which may be installed in the background before somebody needs them.

    Attributes:
        notify: gets a sentence for the terminal.
        cache: see `installed_packages`.
    """

    notify: Notify
    cache: Path = CACHE
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        """Install in the background what is missing; a failure is only reported, because the first use tries again."""
        self._thread = threading.Thread(target=self._in_background, name="palier-installation", daemon=True)
        self._thread.start()

    def packages(self) -> Path:
        """Return the folder; waits for the installation that runs, or installs what is missing still.

        Raises:
            EmbeddedServicesError: as `installed_packages`.
        """
        if self._thread is not None and self._thread.is_alive():
            self.notify("waiting until the embedded AWS services are installed")
            self._thread.join()
        return installed_packages(self.cache, notify=self.notify, stopped=self._stopped)

    def stop(self) -> None:
        """End the installation that runs, and begin no other; a caller that waits for it gets an error."""
        self._stopped.set()

    def close(self) -> None:
        """Stop, and wait until nothing half made is left."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def _in_background(self) -> None:
        try:
            installed_packages(self.cache, notify=self.notify, niceness=_BACKGROUND_NICENESS, stopped=self._stopped)
        except EmbeddedServicesError as error:
            if not self._stopped.is_set():
                self.notify(f"{error.message.rstrip('.')}. The first job or history tries again.")


def _install(folder: Path, pip: "_Pip") -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Filled aside and moved: a folder of that name is whole, whoever was interrupted or as fast.
        with tempfile.TemporaryDirectory(prefix="installing-", dir=folder.parent) as aside:
            pip.install(Path(aside) / "packages", Path(aside))
            (Path(aside) / "packages").rename(folder)
    except OSError as error:
        if not folder.exists():
            raise EmbeddedServicesError(f"{folder} cannot be made: {error.strerror}.") from None


@dataclass(frozen=True)
class _Pip:
    """pip, for a version of Python; see `installed_packages`."""

    version: str
    niceness: int
    stopped: threading.Event

    def install(self, folder: Path, scratch: Path) -> None:
        """Install the locked packages into a folder; `scratch` takes pip's own files."""
        with (
            (scratch / "log").open("wb") as log,
            subprocess.Popen(
                [sys.executable, *ending_with_input("pip", self._arguments(folder))],
                env=os.environ | {"PIP_USER": "0", "TMPDIR": str(scratch)},
                # Its end ends pip, so that pip never outlives this process.
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                # Ctrl-C is for this process, which then stops pip.
                start_new_session=True,
            ) as process,
        ):
            os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + self.niceness)
            try:
                self._wait(process)
            finally:
                process.kill()
        if process.returncode:
            lines = (scratch / "log").read_text(errors="replace").strip().splitlines()
            raise _not_installed(lines[-1] if lines else f"pip ended with status {process.returncode}.")

    def _arguments(self, folder: Path) -> list[str]:
        pip = ["--quiet", "--disable-pip-version-check", "install", "--no-deps", "--only-binary=:all:"]
        # pip takes a Python of another version only for named platforms.
        other = ["--platform", f"manylinux2014_{platform.machine()}", "--python-version", self.version]
        target = [] if self.version == _this_version() else other
        return [*pip, "--require-hashes", "-r", str(LOCK), *target, "--target", str(folder)]

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _TIMEOUT_S
        while process.poll() is None:
            if time.monotonic() > deadline:
                raise _not_installed(f"pip took longer than {_TIMEOUT_S} s.")
            if self.stopped.wait(_POLL_S):
                raise _not_installed(_STOPPED)


def _this_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _not_installed(reason: str) -> EmbeddedServicesError:
    return EmbeddedServicesError(f"The embedded services cannot be installed: {reason}")
