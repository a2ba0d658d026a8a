"""The body of a request: read up to a limit, and replayed for the app that answers."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from build_scripts.local.aws.embedded.guard.signatures import RefusedError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class TooLargeError(RefusedError):
    """The body is larger than it may be."""

    status = 400
    code = "EntityTooLarge"


class DisconnectedError(Exception):
    """The caller went away while its body was read."""


class Body:
    """A body that is read piece by piece, each once."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._ended = False

    async def start(self, size_bytes: float) -> bytes:
        """Return at least so many bytes of it, or all of it; raises DisconnectedError."""
        while not self._ended and self._size_bytes < size_bytes:
            message = await self._receive()
            if message["type"] != "http.request":
                raise DisconnectedError
            self._pieces.append(message.get("body", b""))
            self._size_bytes += len(self._pieces[-1])
            self._ended = not message.get("more_body", False)
        self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    async def whole(self, most_bytes: float) -> bytes:
        """Return all of it.

        Raises:
            TooLargeError: it has more than `most_bytes`.
            DisconnectedError: the caller went away.
        """
        body = await self.start(most_bytes + 1)
        if len(body) > most_bytes:
            raise TooLargeError(f"The body has more than {most_bytes} bytes.")
        return body

    def again(self) -> Receive:
        """Return a channel that replays what was read, and then reads on."""
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                return await self._receive()
            given = True
            return {"type": "http.request", "body": b"".join(self._pieces), "more_body": not self._ended}

        return receive
