"""The emulator (MiniStack) as a process: started, waited for, ended by its own handle."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from build_scripts.local.aws.embedded.installation import EmbeddedServicesError, Tell, installed_packages
from build_scripts.local.aws.embedded.processes import ending_with_input, wait_for_end
from functions.core.memory import KEPT_BYTES, LARGEST_MMAP_THRESHOLD_BYTES

REGION = "eu-central-1"
ACCOUNT = "123456789012"
# What the emulator takes for its administrator.
_CREDENTIAL = "test"
_START_TIMEOUT_S = 30.0
# Long enough to write the state of a --data-dir.
_END_TIMEOUT_S = 20.0
# Without workers it serves in the process that is started.
_SERVER = ("--workers", "0", "--worker-class", "uvloop", "--keep-alive", "75", "--log-level", "WARNING")
_LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Host:
    """What runs the emulator.

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


def this_host(tell: Tell = lambda _: None) -> Host:
    """Return this Python as host; its packages are installed where they are not, which `tell` hears of.

    Raises:
        EmbeddedServicesError: they cannot be installed.
    """
    return Host((sys.executable,), installed_packages(tell=tell))


def client_arguments(url: str) -> dict[str, Any]:
    """Return the arguments that make a boto3 client of embedded services."""
    return {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": _CREDENTIAL,
        "aws_secret_access_key": _CREDENTIAL,
    }


def client_environment(url: str) -> dict[str, str]:
    """Return the variables that send another process's AWS clients to embedded services, and nowhere else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": _CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": _CREDENTIAL,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "localhost,127.0.0.1",
    }


def answers(url: str) -> bool:
    """Whether embedded services answer at a URL."""
    try:
        with _LOCAL.open(f"{url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class EmbeddedServices:
    """Running services. They listen on loopback only; their state is in memory, or in the data folder over a restart.

    The data folder is written when the services are closed, or when the process that started them has ended.
    """

    def __init__(
        self,
        host: Host,
        data_dir: Path | None = None,
        port: int = 0,
        *,
        enforce_iam: bool = False,
        lock: IO[str] | None = None,
    ) -> None:
        """Start them and wait until they answer.

        Args:
            host: what runs them.
            data_dir: keeps their state; must lie below the host's root.
            port: 0 takes a free one.
            enforce_iam: refuse what a role does not grant.
            lock: file that they hold open, too, as long as they run.

        Raises:
            EmbeddedServicesError: they do not start; with their last words.
        """
        port = free_port(port)
        scratch = host.root / "tmp" if host.root != Path("/") else None
        self._scratch = Path(tempfile.mkdtemp(prefix="palier-aws-", dir=scratch))
        self.url = f"http://localhost:{port}"
        variables = _variables(host, self._scratch, data_dir, port) | ({"AUTH": "true"} if enforce_iam else {})
        server = ending_with_input("hypercorn", [*_SERVER, "--bind", f"127.0.0.1:{port}", "ministack.app:app"])
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                # Without site: neither its packages nor this project's are those of the Python that runs them.
                [*host.python, "-S", *server],
                env=variables,
                stdin=subprocess.PIPE,
                pass_fds=[] if lock is None else [lock.fileno()],
                stdout=log,
                stderr=log,
                # Ctrl-C is for whoever started them, who closes them when it is done.
                start_new_session=True,
            )
        self._wait()

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

    def close(self) -> None:
        """End them, by force where they do not end in time, and remove their throwaway folder."""
        self._process.terminate()
        wait_for_end(self._process, _END_TIMEOUT_S)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        """Return the services."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self._process.poll() is None and time.monotonic() < deadline:
            if answers(self.url):
                return
            time.sleep(0.02)
        reason = "ended at once" if self._process.poll() is not None else f"did not answer in {_START_TIMEOUT_S:g} s"
        said = " ".join(self.log().split()[-40:])
        self.close()
        raise EmbeddedServicesError(f"The embedded services {reason}: {said or 'no word'}.")


def _variables(host: Host, scratch: Path, data_dir: Path | None, port: int) -> dict[str, str]:
    """Return all variables of the process: functions inside inherit them, so nothing else of this environment."""
    data = data_dir or scratch
    data.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.defpath,
        "HOME": host.sees(scratch),
        "TMPDIR": host.sees(scratch),
        "PYTHONPATH": host.sees(host.packages),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "STATE_DIR": host.sees(data / "state"),
        "S3_DATA_DIR": host.sees(data / "s3"),
        "PERSIST_STATE": "1" if data_dir else "0",
        "S3_PERSIST": "1" if data_dir else "0",
        # Listeners beside the one port.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        # It reads whole objects: fresh memory for each of them costs it more than all else that it does.
        "MALLOC_TRIM_THRESHOLD_": str(KEPT_BYTES),
        "MALLOC_MMAP_THRESHOLD_": str(LARGEST_MMAP_THRESHOLD_BYTES),
    } | dict(host.environment)


def free_port(port: int = 0) -> int:
    """Return a port on which nothing listens, 0 for any: whoever does would be taken for the emulator.

    Raises:
        EmbeddedServicesError: somebody listens there.
    """
    try:
        with socket.create_server(("127.0.0.1", port)) as listener:
            return int(listener.getsockname()[1])
    except OSError as error:
        raise EmbeddedServicesError(f"The embedded services cannot listen on port {port}: {error.strerror}.") from None
