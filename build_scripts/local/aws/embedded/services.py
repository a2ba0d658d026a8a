"""The emulator (MiniStack) as a process: started behind its gate, waited for, ended by its own handle."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from build_scripts.local.aws.embedded.access import ACCOUNT, REGION, Access, answers, open_private
from build_scripts.local.aws.embedded.guard.gate import RULES_VARIABLE, Rules
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError, Notify, installed_packages
from build_scripts.local.aws.embedded.processes import ending_with_input, wait_for_end
from functions.core.memory import KEPT_BYTES, LARGEST_MMAP_THRESHOLD_BYTES

# Of jobs, histories, alerts and keys: nothing that runs code.
JOB_SERVICES = ("dynamodb", "events", "s3", "secretsmanager", "sqs")
# Below the data folder.
STATE = "state"
_START_TIMEOUT_S = 120.0
# Long enough to write the state of a --data-dir.
_END_TIMEOUT_S = 20.0
# Without workers it serves in the process that is started.
_SERVER = ("--workers", "0", "--worker-class", "uvloop", "--keep-alive", "75", "--log-level", "WARNING")
_GUARD = Path(__file__).with_name("guard")
_GUARD_PACKAGE = "build_scripts.local.aws.embedded.guard"
# Its files are for its user alone.
_UMASK = 0o077


@dataclass(frozen=True)
class Host:
    """The Python that runs the emulator.

    Attributes:
        python: command of the Python; functions run inside the emulator run in it, too.
        packages: folder of the emulator's packages, for that Python's version.
        root: what the command sees as `/`, where it changes its root.
        environment: variables beside those that the emulator needs.
    """

    python: Sequence[str]
    packages: Path
    root: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=dict)

    def sees(self, path: Path) -> str:
        """Return a path as the command sees it."""
        return str(Path("/") / path.resolve().relative_to(self.root.resolve()))


def this_host(notify: Notify = lambda _: None) -> Host:
    """Return this Python as host; its packages are installed where they are missing, which `notify` reports.

    Raises:
        EmbeddedServicesError: they cannot be installed.
    """
    return Host((sys.executable,), installed_packages(notify=notify))


@dataclass(frozen=True)
class Offer:
    """The offer of embedded services: which of them answer, and to whom.

    Attributes:
        services: names of those that answer.
        origins: of the pages that may upload and download by signed forms and links, like `http://localhost:8000`.
        has_apis: what is deployed into them answers, and may ask by credentials of its roles.
        enforce_iam: refuse what a role does not grant.
    """

    services: tuple[str, ...] = JOB_SERVICES
    origins: tuple[str, ...] = ()
    has_apis: bool = False
    enforce_iam: bool = False


class EmbeddedServices:
    """Running services. They listen on loopback only; their state is in memory, or in the data folder over a restart.

    The data folder is written when the services are closed, or when the process that started them has ended. Their
    port is held here: where they end before, nobody else answers there, and they can be started again.
    """

    def __init__(
        self,
        host: Host,
        data_dir: Path | None = None,
        listener: socket.socket | None = None,
        *,
        offer: Offer | None = None,
        lock: IO[str] | None = None,
    ) -> None:
        """Start them and wait until they answer.

        Args:
            host: what runs them.
            data_dir: keeps their state; must lie below the host's root.
            listener: of `listen`, the caller's to close; default one of their own at a free port.
            offer: default the services of jobs, to no page.
            lock: file that they hold open, too, as long as they run.

        Raises:
            EmbeddedServicesError: they do not start; the message ends with their last output.
        """
        self._host, self._offer, self._lock = host, offer or Offer(), lock
        self._listener, self._is_own = listener or listen(), listener is None
        scratch = host.root / "tmp" if host.root != Path("/") else None
        self._scratch = Path(tempfile.mkdtemp(prefix="palier-aws-", dir=scratch))
        self._data_dir = data_dir
        shutil.copytree(_GUARD, self._code / Path(*_GUARD_PACKAGE.split(".")), ignore=shutil.ignore_patterns("__py*"))
        self.access = Access.new(self._port)
        try:
            self._process = self._started()
        except EmbeddedServicesError:
            self._clean()
            raise

    @property
    def url(self) -> str:
        """Their address."""
        return self.access.url

    @property
    def _port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def _code(self) -> Path:
        return self._scratch / "code"

    @property
    def _log(self) -> Path:
        return self._scratch / "log"

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def log(self) -> str:
        """Return what the services have written so far."""
        return self._log.read_text(errors="replace")

    def ended(self) -> bool:
        """Whether the process has ended by itself, or was killed."""
        return self._process.poll() is not None

    def wait(self) -> None:
        """Return when the process has ended."""
        self._process.wait()

    def start_again(self) -> None:
        """Start them where they have ended: at the same place, by the same credentials, with the state that was kept.

        Raises:
            EmbeddedServicesError: they do not start; the next call tries again.
        """
        if self.ended():
            wait_for_end(self._process, _END_TIMEOUT_S)
            _drop_waiting(self._listener)
            self._process = self._started()

    def close(self) -> None:
        """End them, by force where they do not end in time, and remove their throwaway folder."""
        self._process.terminate()
        wait_for_end(self._process, _END_TIMEOUT_S)
        self._clean()

    def _clean(self) -> None:
        if self._is_own:
            self._listener.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        """Return the services."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self.close()

    def _started(self) -> "subprocess.Popen[bytes]":
        listener = self._listener.fileno()
        server = ending_with_input("hypercorn", [*_SERVER, "--bind", f"fd://{listener}", f"{_GUARD_PACKAGE}.app:app"])
        with open(self._log, "wb", opener=open_private) as log:
            process = subprocess.Popen(
                # Without site: neither its packages nor this project's are those of the Python that runs them.
                [*self._host.python, "-S", *server],
                env=self._variables(),
                # Python finds modules here first.
                cwd=self._code,
                umask=_UMASK,
                stdin=subprocess.PIPE,
                pass_fds=[listener] if self._lock is None else [listener, self._lock.fileno()],
                stdout=log,
                stderr=log,
                # Ctrl-C is for the process that started them, which closes them when it is done.
                start_new_session=True,
            )
        self._wait(process)
        return process

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while process.poll() is None and time.monotonic() < deadline:
            # Its port takes connections before it answers.
            if answers(self.url, timeout_s=0.5):
                return
            time.sleep(0.02)
        reason = "ended at once" if process.poll() is not None else f"did not answer in {_START_TIMEOUT_S:g} s"
        process.terminate()
        wait_for_end(process, _END_TIMEOUT_S)
        output = " ".join(self.log().split()[-40:])
        raise EmbeddedServicesError(f"The embedded services {reason}: {output or 'no message'}.")

    def _variables(self) -> dict[str, str]:
        """Return all variables of the process: functions inside inherit them, so nothing else of this environment."""
        host, kept = self._host, "0" if self._data_dir is None else "1"
        data = self._data_dir or self._scratch
        rules = Rules(self._port, self._offer.origins, self._offer.has_apis)
        return {
            "PATH": os.defpath,
            "HOME": host.sees(self._scratch),
            "TMPDIR": host.sees(self._scratch),
            "PYTHONPATH": os.pathsep.join([host.sees(self._code), host.sees(host.packages)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            RULES_VARIABLE: json.dumps(asdict(rules)),
            "AWS_ACCESS_KEY_ID": self.access.key_id,
            "AWS_SECRET_ACCESS_KEY": self.access.secret,
            "SERVICES": ",".join(self._offer.services),
            "AUTH": "true" if self._offer.enforce_iam else "false",
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "STATE_DIR": host.sees(data / STATE),
            "S3_DATA_DIR": host.sees(data / "s3"),
            "PERSIST_STATE": kept,
            "S3_PERSIST": kept,
            # Listeners beside the one port.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            # It reads whole objects: fresh memory for each of them costs it more than all else that it does.
            "MALLOC_TRIM_THRESHOLD_": str(KEPT_BYTES),
            "MALLOC_MMAP_THRESHOLD_": str(LARGEST_MMAP_THRESHOLD_BYTES),
        } | dict(host.environment)


def _drop_waiting(listener: socket.socket) -> None:
    """Close connections that were not accepted yet: their clients may have ended, and expected an earlier state."""
    while select.select([listener], [], [], 0)[0]:
        listener.accept()[0].close()


def listen(port: int = 0) -> socket.socket:
    """Return a socket of loopback at a port, 0 for any, at which no other process listens.

    Raises:
        EmbeddedServicesError: another process listens there.
    """
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise EmbeddedServicesError(f"The embedded services cannot listen on port {port}: {error.strerror}.") from None
