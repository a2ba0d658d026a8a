"""A socket with one deadline for all its calls, and a limit of the bytes that are read."""

import io
import socket
import time
from dataclasses import dataclass, field
from typing import Any

# Most bytes of an answer, head and body.
MOST_ANSWER_BYTES = 65_536


@dataclass(frozen=True)
class Deadline:
    """A moment after which no call waits.

    timeout_s: seconds from now.
    """

    timeout_s: float
    _begun_s: float = field(default_factory=time.monotonic)

    def left_s(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: the deadline has passed.
        """
        left_s = self._begun_s + self.timeout_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("The deadline has passed.")
        return left_s


class TimedSocket:
    """A socket for http.client, with the methods that it uses.

    The time-out of a plain socket is of one call: a peer that sends a byte a second would hold its reader for ever.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all bytes; raises TimeoutError where that takes longer than is left."""
        left = memoryview(data)
        while left:
            self._socket.settimeout(self._deadline.left_s())
            left = left[self._socket.send(left) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a reader that ends at MOST_ANSWER_BYTES; it raises TimeoutError as `sendall`."""
        return io.BufferedReader(_TimedReader(self._socket, self._deadline))

    def close(self) -> None:
        """Close the socket, once its reader is closed as well."""
        self._socket.close()


class _TimedReader(io.RawIOBase):
    """A reader of a socket, at whose limit the answer ends."""

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
