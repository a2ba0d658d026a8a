"""AWS services for the functions of local_server.py: started when they are first needed, ended with it."""

import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from build_scripts.local.aws.embedded.installation import CACHE, EmbeddedServicesError, Installation, Notify
from build_scripts.local.aws.embedded.services import EmbeddedServices, Host, Offer
from build_scripts.local.aws.embedded.sharing import keeps_state, make_private, open_services
from build_scripts.local.aws.worker_process import WorkerProcess
from functions.core.assets.history import History, Observation
from functions.core.aws.clients import reporting_unavailable
from functions.core.errors import DependencyUnavailableError
from functions.core.settings import Settings

_EMULATOR = "The emulator of AWS's services"


@dataclass(frozen=True)
class _Started:
    """Running services, the server's settings with the names of their resources, and the workers."""

    services: EmbeddedServices
    settings: Settings
    workers: Sequence[WorkerProcess]


@dataclass
class LocalServices:
    """The services, and the workers that poll their queue.

    Attributes:
        settings: of the server; they name no table, bucket or queue yet.
        data_dir: keeps their state over a restart; None forgets it.
        listener: where they answer once they have started; None takes a free port.
        notify: gets a sentence for the terminal.
        cache: where the services are installed.
        origins: of the pages that upload files and download results.
    """

    settings: Settings
    data_dir: Path | None
    listener: socket.socket | None
    notify: Notify
    cache: Path = CACHE
    origins: Sequence[str] = ()
    _open: ExitStack = field(default_factory=ExitStack)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _started: _Started | None = None
    _closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._installation = Installation(self.notify, self.cache)

    def begin_installation(self) -> None:
        """Install the services in the background where they are not; starting them waits for it."""
        self._installation.begin()

    def resume(self) -> None:
        """Start everything in the background where the data folder keeps a state: the jobs in it go on."""
        if self.data_dir is not None and keeps_state(self.data_dir):
            threading.Thread(target=self._resume, daemon=True).start()

    def _resume(self) -> None:
        # The next request tries again, and reports what was wrong.
        with suppress(DependencyUnavailableError):
            self.need_workers()

    def stop_installation(self) -> None:
        """End an installation that runs: a request that waits for it gets an error, and the server can end."""
        self._installation.stop()

    def need(self) -> Settings:
        """Return the settings with what the services hold; starts them the first time, which takes seconds.

        Services that have ended since are started again, with the state that was kept.

        Raises:
            DependencyUnavailableError: they cannot be installed or started; the next call tries again.
        """
        return self._need().settings

    def need_workers(self) -> None:
        """Start the workers, too; a history alone needs none. Raises as `need`."""
        for worker in self._need().workers:
            worker.start()

    def are_running(self) -> bool:
        """Return whether the services have been started and still run."""
        return self._started is not None and not self._started.services.ended()

    def close(self) -> None:
        """End the installation, the workers and the services, where they were started."""
        self._installation.close()
        self._closing.set()
        with self._lock:
            self._open.close()

    def _need(self) -> _Started:
        with self._lock:
            try:
                if self._started is None:
                    self._started = self._start()
                elif self._started.services.ended():
                    self._start_again(self._started)
            except (EmbeddedServicesError, DependencyUnavailableError) as error:
                if self._started is None:
                    self._open.close()
                raise DependencyUnavailableError(error.message) from error
            return self._started

    def _start_again(self, started: _Started) -> None:
        self.notify("the AWS services on this machine have ended: they are started again, with the state that was kept")
        # The state is older than what they hold; they begin with it anew.
        for worker in started.workers:
            worker.kill()
        started.services.start_again()
        from build_scripts.local.aws.starting import make_missing

        with reporting_unavailable(_EMULATOR):
            make_missing()

    def _start(self) -> _Started:
        kept = (
            f"kept in {self.data_dir}" if self.data_dir else "in memory: gone when this ends (--data-dir DIR keeps it)"
        )
        self.notify(f"starting AWS services on this machine for jobs and histories; their state is {kept}")
        folder = self.data_dir or Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="palier-aws-")))
        services = self._open.enter_context(self._opened(folder))
        # Late: boto3 takes longer to load than everything else here.
        from build_scripts.local.aws.starting import start

        with reporting_unavailable(_EMULATOR):
            settings, workers = start(self._open, self.settings, services.access, self.notify)
        threading.Thread(target=self._keep_running, args=[services], daemon=True).start()
        return _Started(services, settings, workers)

    def _keep_running(self, services: EmbeddedServices) -> None:
        """Start the services again as soon as they end: their port takes connections that nobody else answers."""
        services.wait()
        while not self._closing.is_set():
            try:
                self._need()
            except DependencyUnavailableError:
                # The next request tries again, and reports it.
                return
            services.wait()

    @contextmanager
    def _opened(self, folder: Path) -> Iterator[EmbeddedServices]:
        offer = Offer(origins=tuple(self.origins))
        try:
            make_private(folder)
        except OSError as error:
            raise EmbeddedServicesError(f"{folder} cannot be used: {error.strerror}.") from None
        with open_services(folder, self._host, listener=self.listener, offer=offer) as endpoint:
            # Those of another would end with it.
            if endpoint.services is None:
                raise EmbeddedServicesError(f"Another process uses {folder}: end it first.")
            yield endpoint.services

    def _host(self) -> Host:
        return Host((sys.executable,), self._installation.packages())


class LocalHistory:
    """The history of assets, whose services are started by the first diagnosis of an asset."""

    def __init__(self, services: LocalServices) -> None:
        self._services = services

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep observations of one asset; raises DependencyUnavailableError."""
        self._services.need()
        self._history.record(observations)

    @cached_property
    def _history(self) -> History:
        # Late: it needs what `need` makes.
        from functions.core.assets.history_table import create_history_table

        return create_history_table(self._services.need(), time.time)
