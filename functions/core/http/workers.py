"""A bounded thread pool for work that would block the event loop."""

import asyncio
import contextvars
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from functions.core.errors import TooManyRequestsError
from functions.core.models.flow import Flow, run_flow

_Result = TypeVar("_Result")


class Workers:
    """A thread pool of one thread for each core, two at least; more work than a limit is refused.

    `pending` is the number of requests in work. The threads are the pool's own, so that health checks and key checks,
    which use asyncio's, never wait behind it.
    """

    def __init__(self, most_pending: int) -> None:
        self._most_pending = most_pending
        self.pending = 0
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="palier-worker")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Count as one pending request: for its work, or while its body is still on its way.

        Raises:
            TooManyRequestsError: as many as allowed are pending already.
        """
        if self.pending >= self._most_pending:
            raise TooManyRequestsError(f"{self._most_pending} requests are in work already; try again in a moment.")
        self.pending += 1
        try:
            yield
        finally:
            self.pending -= 1

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Run work in a thread, in the caller's context, and return what it returns.

        Raises:
            TooManyRequestsError: as many as allowed are pending already.
        """
        with self.place():
            return await self._in_thread(work, *arguments)

    async def _in_thread(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, work, *arguments)

    async def follow(self, flow: Flow[_Result], body_bytes: int) -> _Result:
        """Run a flow to its end in a thread, and return what it returns.

        Args:
            flow: of one request.
            body_bytes: of the request's body, unpacked; the container's workers choose the thread by it.

        Raises:
            TooManyRequestsError: as many as allowed are pending already.
        """
        return await self.run(run_flow, flow)
