"""A request is worked on as long as its caller is there, and until its deadline."""

import asyncio
import math

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.container.errors import InvalidDeadlineError
from functions.container.workers import deadline_var
from functions.core.http.asgi import error_response

DEADLINE = "x-deadline-ms"
# Most requests are answered before anybody need watch for their caller; a watch costs a tenth of a small one.
_WATCHED_AFTER_S = 0.05


class Presence:
    """The outermost middleware: cancels a POST whose caller leaves, and gives every request its deadline."""

    def __init__(self, app: ASGIApp, deadline_ms: float) -> None:
        self.app = app
        self._deadline_ms = deadline_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        try:
            allowed_ms = min(_asked_ms(Headers(scope=scope).get(DEADLINE)), self._deadline_ms)
        except InvalidDeadlineError as error:
            await error_response(error)(scope, receive, send)
            return
        deadline_var.set(asyncio.get_running_loop().time() + allowed_ms / 1e3)
        await _Visit(receive, send).run(self.app, scope)


class _Visit:
    """One request: once its body is read, nothing more can come of its caller but that they leave."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._timer: asyncio.TimerHandle | None = None
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
            # The cancellation was this visit's own; the server need not hear of it.
            self._task.uncancel()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._watch is not None:
                self._watch.cancel()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False) and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_WATCHED_AFTER_S, self._begin_watch)
        return message

    async def send(self, message: Message) -> None:
        self._answered = True
        await self._send(message)

    def _begin_watch(self) -> None:
        if not self._answered:
            self._watch = asyncio.create_task(self._until_left())

    async def _until_left(self) -> None:
        message = await self._receive()
        # A server tells of its own answer's end in the same words.
        if message["type"] == "http.disconnect" and not self._answered and self._task is not None:
            self._left = True
            self._task.cancel()


def _asked_ms(header: str | None) -> float:
    if header is None:
        return math.inf
    try:
        asked_ms = float(header)
    except ValueError:
        asked_ms = math.nan
    if not 0 < asked_ms < math.inf:
        raise InvalidDeadlineError(f"X-Deadline-Ms is {header[:40]!r}; it must be a number of ms above 0.")
    return asked_ms
