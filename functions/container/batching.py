"""Dynamic batching: windows that gather while the engine works go through it together next.

Everything here happens on the event loop but the engine's longer runs, so there is nothing to lock.
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

# A batch that is expected to take no longer runs on the event loop: handing it to a thread and back takes as long.
_QUICK_MS = 0.5


@dataclass(frozen=True)
class BatchLimits:
    """How windows are gathered.

    max_windows: of one batch; a request that has more runs alone, so many at a time.
    max_delay_s: how long the oldest request waits for others while the engine is idle; 0 starts it at once, with
        what arrived at the same moment.
    max_queued: windows that may wait; a request beyond them is refused, unless it would wait alone.
    """

    max_windows: int = 32
    max_delay_s: float = 0.0
    max_queued: int = 256


@dataclass(frozen=True)
class RanBatch:
    """One batch that ran: its windows, and how long each of its requests had waited for it."""

    model: str
    windows: int
    waited_s: Sequence[float]


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A request in the queue, and the future its answer goes to; done early when nobody waits for it any more."""

    call: EngineCall
    arrived: float
    deadline: float
    answer: asyncio.Future[EngineRun]

    @property
    def windows(self) -> int:
        return len(self.call.windows)


class Batcher:
    """Gathers the engine calls of one model, first come, first served; `queued` windows wait."""

    def __init__(self, pool: Executor, limits: BatchLimits, observe: Callable[[RanBatch], None]) -> None:
        self._pool = pool
        self._limits = limits
        self._observe = observe
        self._queue: deque[_Waiting] = deque()
        self._running: Sequence[_Waiting] = ()
        self._deadline_timer: asyncio.TimerHandle | None = None
        self._start_handle: asyncio.Handle | None = None
        # Of the latest batch; the first one of all goes to the thread.
        self._window_ms = math.inf
        self.queued = 0

    async def run(self, call: EngineCall, deadline: float | None = None) -> EngineRun:
        """Run a call, together with others.

        Args:
            call: of this batcher's model.
            deadline: on the event loop's clock; None waits as long as it takes.

        Raises:
            TooManyRequestsError: too much waits already.
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
        """Have a timer at the earliest deadline, one for all; most requests are answered long before theirs."""
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
        """Take a request out whose caller has given up, unless it runs already."""
        if waiting in self._queue:
            self._queue.remove(waiting)
            self.queued -= waiting.windows

    def _plan(self) -> None:
        """Start a batch that is full, or look again when the oldest has waited enough."""
        if not self._running and self.queued >= self._limits.max_windows:
            self._start()
        elif not self._running and self._start_handle is None:
            loop, still_s = asyncio.get_running_loop(), self._still_s()
            # Never this instant: who was received together with the first is still to come.
            self._start_handle = loop.call_later(still_s, self._wake) if still_s > 0 else loop.call_soon(self._wake)

    def _wake(self) -> None:
        """Start a batch if its time has come; the engine may be at work, the oldest may have left."""
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
        """Take the oldest requests that fit into one batch together, one at least."""
        batch = [self._queue.popleft()]
        room = self._limits.max_windows - batch[0].windows
        while self._queue and self._queue[0].windows <= room:
            room -= self._queue[0].windows
            batch.append(self._queue.popleft())
        self.queued -= sum(one.windows for one in batch)
        return batch

    def _finish(self, batch: Sequence[_Waiting], started: float, done: asyncio.Future["_Ran"]) -> None:
        """Start what has gathered meanwhile, then hand out the answers."""
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
    """Run a call by itself, so many windows at a time, in the caller's thread."""
    ran = _run(call, at_once)
    return EngineRun(ran.output, ran.elapsed_ms, Execution(ran.windows))


async def _run_here(work: Callable[[], "_Ran"]) -> "_Ran":
    return work()


def _joined(calls: Sequence[EngineCall]) -> EngineCall:
    """Return one call of all windows; the calls are of one model, so that all have conditions of operation, or none."""
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
