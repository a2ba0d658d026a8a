"""Dynamic batching: windows that arrive while the engine runs are run together next.

Everything but the engine's longer runs happens on the event loop, so nothing needs a lock.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from functions.container.errors import DeadlineExceededError
from functions.core.errors import TooManyRequestsError
from functions.core.models.engine import EngineOutput
from functions.core.models.flow import EngineCall, EngineRun, Execution, part_of, run_windows

# A batch that is expected to take no longer runs on the event loop: a thread would cost as much time.
_QUICK_MS = 0.5


@dataclass(frozen=True)
class BatchLimits:
    """Limits of batches and of the queue before them.

    max_windows: of one batch; a request that has more runs alone, in runs of so many.
    max_delay_s: how long the oldest request waits for others while the engine is idle; 0 starts it at once, with
        those that arrived at the same moment.
    max_queued: windows that may wait; a request beyond them is refused, unless it would wait alone.
    """

    max_windows: int = 32
    max_delay_s: float = 0.0
    max_queued: int = 256


@dataclass(frozen=True)
class RanBatch:
    """A finished batch, for the metrics: its windows, and how long each of its requests waited."""

    model: str
    windows: int
    waited_s: Sequence[float]


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A request in the queue, and the future of its answer, which is done early when the caller has left."""

    call: EngineCall
    arrived: float
    deadline: float
    answer: asyncio.Future[EngineRun]

    @property
    def windows(self) -> int:
        return len(self.call.windows)


class Batcher:
    """The queue of one model's engine calls, run in batches in the order of arrival; `queued` windows wait."""

    def __init__(self, pool: Executor, limits: BatchLimits, observe: Callable[[RanBatch], None]) -> None:
        self._pool = pool
        self._limits = limits
        self._observe = observe
        self._queue: deque[_Waiting] = deque()
        self._running: Sequence[_Waiting] = ()
        self._deadline_timer: asyncio.TimerHandle | None = None
        self._start_handle: asyncio.Handle | None = None
        # Time of a window in the latest batch; the very first batch runs in the thread.
        self._window_ms = math.inf
        self.queued = 0

    async def run(self, call: EngineCall, deadline: float | None = None) -> EngineRun:
        """Run a call in a batch with others.

        Args:
            call: of this batcher's model.
            deadline: on the event loop's clock; None waits without limit.

        Raises:
            TooManyRequestsError: too many windows wait already.
            DeadlineExceededError: the deadline passed before the answer came.
        """
        if self._queue and self.queued + len(call.windows) > self._limits.max_queued:
            raise TooManyRequestsError(f"{self.queued} windows wait for the engine already; try again in a moment.")
        future: asyncio.Future[EngineRun] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(call, time.monotonic(), math.inf if deadline is None else deadline, future)
        self._queue.append(waiting)
        self.queued += waiting.windows
        self._plan()
        self._watch(waiting.deadline)
        try:
            return await future
        finally:
            if future.cancelled():
                self._leave(waiting)

    def _watch(self, deadline: float) -> None:
        """Set the timer to the earliest deadline; one timer serves all requests, since few reach their deadline."""
        timer = self._deadline_timer
        if deadline < math.inf and (timer is None or deadline < timer.when()):
            if timer is not None:
                timer.cancel()
            self._deadline_timer = asyncio.get_running_loop().call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._deadline_timer = None
        now = asyncio.get_running_loop().time()
        for waiting in [*self._queue, *self._running]:
            if waiting.answer.done():
                continue
            if waiting.deadline > now:
                self._watch(waiting.deadline)
                continue
            sentence = "The engine was too busy to answer before the request's deadline."
            waiting.answer.set_exception(DeadlineExceededError(sentence))
            self._leave(waiting)

    def _leave(self, waiting: _Waiting) -> None:
        """Remove a request from the queue whose caller has left or whose deadline passed."""
        if waiting in self._queue:
            self._queue.remove(waiting)
            self.queued -= waiting.windows

    def _plan(self) -> None:
        """Start a batch that is full, or plan to start one when the oldest request has waited enough."""
        if not self._running and self.queued >= self._limits.max_windows:
            self._start()
        elif not self._running and self._start_handle is None:
            loop, still_s = asyncio.get_running_loop(), self._still_s()
            # Never at once: requests that were received together with the first are still to be queued.
            self._start_handle = loop.call_later(still_s, self._wake) if still_s > 0 else loop.call_soon(self._wake)

    def _wake(self) -> None:
        """Start a batch if it is full or due; meanwhile the engine may have started, or the oldest may have left."""
        if self._start_handle is not None:
            self._start_handle.cancel()
            self._start_handle = None
        if self._running or not self._queue:
            return
        if self.queued >= self._limits.max_windows or self._still_s() <= 0:
            self._start()
        else:
            self._plan()

    def _still_s(self) -> float:
        return self._queue[0].arrived + self._limits.max_delay_s - time.monotonic()

    def _start(self) -> None:
        batch = self._running = self._take()
        started = time.monotonic()
        # Joined here: a copy in the thread would wait for the interpreter once for each of its parts.
        work = partial(_run, _joined([one.call for one in batch]), self._limits.max_windows)
        loop = asyncio.get_running_loop()
        quick = self._window_ms * sum(one.windows for one in batch) <= _QUICK_MS
        done = loop.create_task(_run_here(work)) if quick else loop.run_in_executor(self._pool, work)
        done.add_done_callback(partial(self._finish, batch, started))

    def _take(self) -> list[_Waiting]:
        """Take the oldest requests that fit into one batch together, at least one."""
        batch = [self._queue.popleft()]
        room = self._limits.max_windows - batch[0].windows
        while self._queue and self._queue[0].windows <= room:
            room -= self._queue[0].windows
            batch.append(self._queue.popleft())
        self.queued -= sum(one.windows for one in batch)
        return batch

    def _finish(self, batch: Sequence[_Waiting], started: float, done: asyncio.Future["_Ran"]) -> None:
        """Start the next batch, then hand out the answers of this one."""
        self._running = ()
        self._wake()
        if done.cancelled():
            for one in batch:
                one.answer.cancel()
        elif error := done.exception():
            _fail(batch, error)
        else:
            ran, waited_s = done.result(), [started - one.arrived for one in batch]
            self._window_ms = ran.elapsed_ms / ran.windows
            _hand_out(batch, ran, waited_s)
            self._observe(RanBatch(batch[0].call.model.manifest.name, ran.windows, waited_s))


@dataclass(frozen=True)
class _Ran:
    output: EngineOutput
    elapsed_ms: float
    windows: int


def run_alone(call: EngineCall, at_once: int) -> EngineRun:
    """Run a call by itself in the caller's thread, in runs of `at_once` windows."""
    ran = _run(call, at_once)
    return EngineRun(ran.output, ran.elapsed_ms, Execution(ran.windows))


async def _run_here(work: Callable[[], "_Ran"]) -> "_Ran":
    return work()


def _joined(calls: Sequence[EngineCall]) -> EngineCall:
    """Return one call with the windows of all; the calls are of one model, so all have conditions, or none."""
    if len(calls) == 1:
        return calls[0]
    rows = [one.conditions for one in calls if one.conditions is not None]
    windows = np.concatenate([one.windows for one in calls])
    return EngineCall(calls[0].model, windows, np.concatenate(rows) if rows else None)


def _run(call: EngineCall, at_once: int) -> _Ran:
    started = time.perf_counter()
    output = run_windows(call.model.engine, call.windows, call.conditions, at_once)
    return _Ran(output, (time.perf_counter() - started) * 1e3, len(call.windows))


def _hand_out(batch: Sequence[_Waiting], ran: _Ran, waited_s: Sequence[float]) -> None:
    start, execution = 0, Execution(ran.windows)
    for one, waited in zip(batch, waited_s, strict=True):
        end = start + one.windows
        if not one.answer.done():
            one.answer.set_result(EngineRun(part_of(ran.output, start, end), ran.elapsed_ms, execution, waited * 1e3))
        start = end


def _fail(batch: Sequence[_Waiting], error: BaseException) -> None:
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(error)
