"""A socket all of whose calls share one deadline, and of which no more is read than a bound."""

import io
import socket
import time
from dataclasses import dataclass, field
from typing import Any

# Of an answer, its head and what is read of its body.
MOST_ANSWER_BYTES = 65_536


@dataclass(frozen=True)
class Deadline:
    """A moment after which nothing is waited for.

    timeout_s: seconds from now.
    """

    timeout_s: float
    _begun_s: float = field(default_factory=time.monotonic)

    def left_s(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left_s = self._begun_s + self.timeout_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("The deadline has passed.")
        return left_s


class TimedSocket:
    """What http.client uses of a socket.

    The time-out of a socket is of one call: who sends a byte a second would hold its reader for ever.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it; raises TimeoutError where that takes longer than is left."""
        left = memoryview(data)
        while left:
            self._socket.settimeout(self._deadline.left_s())
            left = left[self._socket.send(left) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what reads from it, to the bound at most; raises TimeoutError as `sendall`."""
        return io.BufferedReader(_TimedReader(self._socket, self._deadline))

    def close(self) -> None:
        """Close it, when what reads from it is closed as well."""
        self._socket.close()


class _TimedReader(io.RawIOBase):
    """Reads from a socket; behind the bound the answer ends."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._socket = connected
        self._raw = connected.makefile("rb", buffering=0)
        self._deadline = deadline
        self._room_bytes = MOST_ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._room_bytes:
            return 0
        self._socket.settimeout(self._deadline.left_s())
        count = self._raw.readinto(memoryview(buffer)[: self._room_bytes]) or 0
        self._room_bytes -= count
        return count

    def close(self) -> None:
        super().close()
        self._raw.close()
