"""Save the emulator's state while it runs: killed, it loses half a second, not all since its start."""

import asyncio
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from build_scripts.local.aws.embedded.guard.bodies import Message, Receive
from build_scripts.local.aws.embedded.guard.gate import App, Send

_PAUSE_S = 0.5
# Of a large state: so many times as long as saving it took.
_PAUSES = 10
# Operations that change nothing worth a save: what was received and not deleted is delivered again.
_READS = re.compile(rb"(?:Get|List|Query|Scan|BatchGet|Receive|Describe|Head)")


class Saving:
    """An ASGI app that saves the state of another after changes, at the earliest half a second after the last save.

    A fork saves: it has the state of one moment, and requests are answered meanwhile. It holds a lock while it lives,
    on which every other reader and writer of the state waits.

    Attributes:
        app: the other.
        save: writes its state; runs in the fork.
        lock: the file of the lock.
    """

    def __init__(self, app: App, save: Callable[[], None], lock: Path) -> None:
        self.app = app
        self.save = save
        self.lock = lock
        self._has_changed = False
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, and schedule a save of what it changes."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        await self.app(scope, receive, send)
        if _changes(scope):
            self._has_changed = True
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._keep_saving())

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        async def after_others() -> Message:
            message = await receive()
            if self._task is not None:
                self._task.cancel()
            # Before the state is read, and before it is written for the last time.
            with _held(self.lock):
                return message

        await self.app(scope, after_others, send)

    async def _keep_saving(self) -> None:
        pause_s = _PAUSE_S
        while self._has_changed:
            await asyncio.sleep(pause_s)
            self._has_changed = False
            began = time.monotonic()
            await asyncio.to_thread(os.waitpid, self._fork(), 0)
            pause_s = max(_PAUSE_S, _PAUSES * (time.monotonic() - began))

    def _fork(self) -> int:
        """Begin to save; the lock is the fork's own when this returns."""
        with _held(self.lock):
            pid = os.fork()
            if pid == 0:
                try:
                    self.save()
                finally:
                    os._exit(0)
        return pid


def _changes(scope: Message) -> bool:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    operation = headers.get(b"x-amz-target", b"").rpartition(b".")[2]
    return scope["method"] not in {"GET", "HEAD"} and not _READS.match(operation)


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Hold a lock within a block; a fork in the block holds it on until it ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
