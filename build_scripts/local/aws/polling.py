"""A thread that polls until it is closed; one poll that fails does not end it."""

import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from functions.core.observability.telemetry import LOGGER

_AFTER_FAILURE_S = 1.0


class Polling(ABC):
    """Calls `poll` again and again, in a thread of its own, within a block."""

    def __init__(self, name: str) -> None:
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._thread = threading.Thread(target=self._run, name=f"{name}-loop", daemon=True)

    @abstractmethod
    def poll(self) -> None:
        """Wait a second at most for something to do, and do it."""

    def stop(self) -> None:
        """Begin no other poll; to end several, stop all before the wait for one."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            error = self._pool.submit(self.poll).exception()
            if error is not None and not self._ended.is_set():
                LOGGER.error("a poll failed and is tried again", exc_info=error)
                self._ended.wait(_AFTER_FAILURE_S)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the poll that runs, and begin no other."""
        self.stop()
        self._thread.join()
        self._pool.shutdown()
