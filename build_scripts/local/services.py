"""AWS services for the functions of local_server.py: started when they are first needed, ended with it."""

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from build_scripts.embedded.errors import EmbeddedServicesError
from build_scripts.embedded.installation import Tell
from functions.core.errors import DependencyUnavailableError
from functions.core.history import History, Observation
from functions.core.pipeline import Diagnoser
from functions.core.settings import Settings


@dataclass
class LocalServices:
    """The services, and the worker that polls their queue.

    Attributes:
        settings: of the server; they name no table, bucket or queue yet.
        data_dir: keeps their state over a restart; None forgets it.
        port: where they answer once they have started.
        tell: gets a sentence for the terminal.
        diagnoser: what the worker diagnoses with; None makes one.
    """

    settings: Settings
    data_dir: Path | None
    port: int
    tell: Tell
    diagnoser: Diagnoser | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    named: Settings | None = None

    def need(self) -> Settings:
        """Return the settings with what the services hold; starts them the first time, which takes seconds.

        Raises:
            DependencyUnavailableError: they cannot be installed or started; the next call tries again.
        """
        # Late: boto3 takes longer to load than everything else here.
        from build_scripts.local.starting import start

        with self._lock:
            if self.named is None:
                try:
                    self.named = start(self._open, self)
                except EmbeddedServicesError as error:
                    self._open.close()
                    raise DependencyUnavailableError(error.message) from error
            return self.named

    def close(self) -> None:
        """End the worker and the services, where they were started."""
        with self._lock:
            self._open.close()


class LocalHistory:
    """The history of assets, whose services are started by the first diagnosis of an asset."""

    def __init__(self, services: LocalServices) -> None:
        self._services = services

    def record(self, observation: Observation) -> None:
        """Keep one observation; raises DependencyUnavailableError."""
        self._history.record(observation)

    @cached_property
    def _history(self) -> History:
        # Late: it needs what `need` makes.
        from functions.core.history_table import create_history_table

        return create_history_table(self._services.need(), time.time)
