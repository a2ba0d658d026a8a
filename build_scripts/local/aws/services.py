"""AWS services for the functions of local_server.py: started when they are first needed, ended with it."""

import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from build_scripts.local.aws.embedded.installation import CACHE, EmbeddedServicesError, Installation, Tell
from build_scripts.local.aws.embedded.services import Host
from build_scripts.local.aws.embedded.sharing import open_services
from build_scripts.local.aws.worker_process import WorkerProcess
from functions.core.assets.history import History, Observation
from functions.core.errors import DependencyUnavailableError
from functions.core.settings import Settings

# The server's settings with the names of what was made, and the workers.
_Started = tuple[Settings, Sequence[WorkerProcess]]


@dataclass
class LocalServices:
    """The services, and the workers that poll their queue.

    Attributes:
        settings: of the server; they name no table, bucket or queue yet.
        data_dir: keeps their state over a restart; None forgets it.
        port: where they answer once they have started.
        tell: gets a sentence for the terminal.
        cache: where the services are installed.
    """

    settings: Settings
    data_dir: Path | None
    port: int
    tell: Tell
    cache: Path = CACHE
    _open: ExitStack = field(default_factory=ExitStack)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _started: _Started | None = None

    def __post_init__(self) -> None:
        self._installation = Installation(self.tell, self.cache)

    def begin_installation(self) -> None:
        """Install the services in the background where they are not; starting them waits for it."""
        self._installation.begin()

    def stop_installation(self) -> None:
        """End an installation that runs: who waits for the services gets an error, and the server can end."""
        self._installation.stop()

    def need(self) -> Settings:
        """Return the settings with what the services hold; starts them the first time, which takes seconds.

        Raises:
            DependencyUnavailableError: they cannot be installed or started; the next call tries again.
        """
        return self._need()[0]

    def need_workers(self) -> None:
        """Start the workers, too; who only has a history needs none. Raises as `need`."""
        for worker in self._need()[1]:
            worker.start()

    def close(self) -> None:
        """End the installation, the workers and the services, where they were started."""
        self._installation.close()
        with self._lock:
            self._open.close()

    def _need(self) -> _Started:
        with self._lock:
            if self._started is None:
                try:
                    self._started = self._start()
                except EmbeddedServicesError as error:
                    self._open.close()
                    raise DependencyUnavailableError(error.message) from error
            return self._started

    def _start(self) -> _Started:
        kept = (
            f"kept in {self.data_dir}" if self.data_dir else "in memory: gone when this ends (--data-dir DIR keeps it)"
        )
        self.tell(f"starting AWS services on this machine for jobs and histories; their state is {kept}")
        folder = self.data_dir or Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="palier-aws-")))
        endpoint = self._open.enter_context(open_services(folder, self._host, port=self.port))
        # Late: boto3 takes longer to load than everything else here.
        from build_scripts.local.aws.starting import start

        return start(self._open, self.settings, endpoint.url, self.tell)

    def _host(self) -> Host:
        return Host((sys.executable,), self._installation.packages())


class LocalHistory:
    """The history of assets, whose services are started by the first diagnosis of an asset."""

    def __init__(self, services: LocalServices) -> None:
        self._services = services

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep observations of one asset; raises DependencyUnavailableError."""
        self._history.record(observations)

    @cached_property
    def _history(self) -> History:
        # Late: it needs what `need` makes.
        from functions.core.assets.history_table import create_history_table

        return create_history_table(self._services.need(), time.time)
