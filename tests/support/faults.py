"""Faults in calls of AWS: the process is killed, or the service throttles, before or after any one call."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.support.aws import WorkerEndedError

Fault = Literal["killed before", "killed after", "throttled"]
FAULTS: tuple[Fault, ...] = ("killed before", "killed after", "throttled")

# Lambda takes messages off the queue, not the worker.
_OF_THE_QUEUE = frozenset({"ReceiveMessage", "DeleteMessage"})


class Calls:
    """Counts calls of AWS; the n-th, counted from 0, meets a fault, and is not made again by this process."""

    def __init__(self, fault: Fault | None, at: int) -> None:
        self._fault = fault
        self._at = at
        self.names: list[str] = []
        # Moto is not safe to use from several threads.
        self._lock = threading.Lock()

    def call(self, original: Any, client: Any, name: str, parameters: Any) -> Any:
        """Make a call, one at a time, or meet the fault."""
        with self._lock:
            return self._call(original, client, name, parameters)

    def _call(self, original: Any, client: Any, name: str, parameters: Any) -> Any:
        if name in _OF_THE_QUEUE:
            return original(client, name, parameters)
        self.names.append(name)
        hit = len(self.names) - 1 == self._at
        if hit and self._fault == "killed before":
            raise WorkerEndedError(name)
        if hit and self._fault == "throttled":
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, name)
        answer = original(client, name, parameters)
        if hit and self._fault == "killed after":
            raise WorkerEndedError(name)
        return answer


@contextmanager
def meeting(fault: Fault | None, at: int = -1) -> Iterator[Calls]:
    """Let the n-th call of AWS meet a fault."""
    original, calls = BaseClient._make_api_call, Calls(fault, at)  # type: ignore[attr-defined]

    def replacement(client: Any, name: str, parameters: Any) -> Any:
        return calls.call(original, client, name, parameters)

    BaseClient._make_api_call = replacement  # type: ignore[attr-defined]
    try:
        yield calls
    finally:
        BaseClient._make_api_call = original  # type: ignore[attr-defined]
