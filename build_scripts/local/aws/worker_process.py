"""The worker in a process of its own, as Lambda runs a function: a recording that ends it ends nothing else."""

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from build_scripts.local.aws.embedded.processes import send, start_python, wait_for_end
from functions.core.errors import PalierError
from functions.worker.batch import BatchResponse

MODULE = "build_scripts.local.aws.worker_main"
ROOT = Path(__file__).resolve().parents[3]
# A part takes seconds; the end of the server waits no longer.
_END_TIMEOUT_S = 20.0


class WorkerEndedError(PalierError):
    """The process of the worker ended before it had answered."""

    code = "worker_ended"


class WorkerProcess:
    """Works on batches in another process; where it has ended, the next batch starts it anew."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take the variables of the process, all of them; they must name a table, a bucket and a queue of jobs."""
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process, so that the first batch need not wait for it."""
        with self._lock:
            self._running()

    def work(self, records: Sequence[dict[str, Any]]) -> BatchResponse:
        """Work on the records of an event of SQS and return which failed.

        Raises:
            WorkerEndedError: the process ended before it had answered.
        """
        with self._lock:
            process = self._running()
            try:
                answer = send(process, json.dumps(list(records)).encode() + b"\n").readline()
            except BrokenPipeError:
                answer = b""
            if not answer:
                raise WorkerEndedError(f"The worker's process ended with status {self._end()}.")
        response: BatchResponse = json.loads(answer)
        return response

    def kill(self) -> None:
        """End the process at once, in the middle of a batch, too; the next batch has another."""
        process = self._process
        if process is not None:
            process.kill()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            # The server ends it when it is done.
            self._process = start_python(["-m", MODULE], self._environment, folder=ROOT)
        return self._process

    def __enter__(self) -> Self:
        """Return the worker, which starts with its first batch."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process when it has answered, by force where it does not end in time."""
        self._end()

    def _end(self) -> int | None:
        """End the process where there is one; returns its status."""
        process, self._process = self._process, None
        # The end of its input is its end; so it never outlives a server that is killed.
        return None if process is None else wait_for_end(process, _END_TIMEOUT_S)
