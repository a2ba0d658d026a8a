"""Middleware that ends a request when its caller leaves, and gives it a deadline."""

import asyncio
import math
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.container.errors import InvalidDeadlineError
from functions.container.workers import deadline_var
from functions.core.http.asgi import error_response

DEADLINE = b"x-deadline-ms"
# Most requests are answered earlier; a watch for the caller costs a tenth of a small request.
_WATCHED_AFTER_S = 0.05


class Presence:
    """The outermost middleware: cancels a POST whose caller leaves, and sets its deadline."""

    def __init__(self, app: ASGIApp, deadline_ms: float) -> None:
        self.app = app
        self._deadline_ms = deadline_ms
        self._watches = _Watches()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        try:
            allowed_ms = min(_asked_ms(scope), self._deadline_ms)
        except InvalidDeadlineError as error:
            await error_response(error)(scope, receive, send)
            return
        deadline_var.set(asyncio.get_running_loop().time() + allowed_ms / 1e3)
        await _Visit(receive, send, self._watches).run(self.app, scope)


class _Watches:
    """The timer that starts the watches for callers of longer requests: one for all of them."""

    def __init__(self) -> None:
        self._coming: deque[tuple[float, _Visit]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, visit: "_Visit") -> None:
        """Start to watch for a caller after _WATCHED_AFTER_S, unless the request is answered by then."""
        loop = asyncio.get_running_loop()
        self._coming.append((loop.time() + _WATCHED_AFTER_S, visit))
        if self._timer is None:
            self._timer = loop.call_at(self._coming[0][0], self._begin)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._coming and self._coming[0][0] <= now:
            self._coming.popleft()[1].begin_watch()
        self._timer = loop.call_at(self._coming[0][0], self._begin) if self._coming else None


class _Visit:
    """One request: once its body is read, the only further message is that the caller leaves."""

    def __init__(self, receive: Receive, send: Send, watches: _Watches) -> None:
        self._receive = receive
        self._send = send
        self._watches = watches
        self._read = False
        self._watch: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()
        self._answered = False
        self._left = False

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self._left or self._task is None:
                raise
            # This request cancelled its own task; the server must not see it.
            self._task.uncancel()
        finally:
            self._answered = True
            if self._watch is not None:
                self._watch.cancel()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False) and not self._read:
            self._read = True
            self._watches.expect(self)
        return message

    async def send(self, message: Message) -> None:
        self._answered = True
        await self._send(message)

    def begin_watch(self) -> None:
        """Wait for the caller to leave, unless the request is answered or has ended."""
        if not self._answered:
            self._watch = asyncio.create_task(self._until_left())

    async def _until_left(self) -> None:
        message = await self._receive()
        # The server sends the same message at the end of its own answer.
        if message["type"] == "http.disconnect" and not self._answered and self._task is not None:
            self._left = True
            self._task.cancel()


def _asked_ms(scope: Scope) -> float:
    header = next((value for name, value in scope["headers"] if name == DEADLINE), None)
    if header is None:
        return math.inf
    text = header.decode("latin-1")
    try:
        asked_ms = float(text)
    except ValueError:
        asked_ms = math.nan
    if not 0 < asked_ms < math.inf:
        raise InvalidDeadlineError(f"X-Deadline-Ms is {text[:40]!r}; it must be a number of ms above 0.")
    return asked_ms
