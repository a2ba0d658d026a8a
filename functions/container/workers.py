"""Workers that batch: small bodies are read on the event loop, large ones in threads, engine calls run in batches."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TypeVar
from weakref import WeakKeyDictionary

from functions.container.batching import Batcher, BatchLimits, RanBatch, run_alone
from functions.core.http.workers import Workers
from functions.core.models.engine import Engine
from functions.core.models.flow import EngineCall, Flow, advance

# The request's deadline on the event loop's clock, set by `functions.container.presence`.
deadline_var: ContextVar[float | None] = ContextVar("palier_deadline", default=None)

# Reading so much takes a fraction of a millisecond, less than a switch to a thread and back.
_LIGHT_BYTES = 128 * 1024

_Result = TypeVar("_Result")


def _unobserved(_: RanBatch) -> None:
    """Ignore a finished batch: the observer where there are no metrics."""


class BatchingWorkers(Workers):
    """Workers that read large bodies in threads and small ones at once, and batch the engine calls of a model.

    One thread runs engines, so that one batch runs at a time while the next one gathers. A large body that is the only
    request in work stays in one thread: there is no other to share a batch with.
    """

    def __init__(
        self, most_pending: int, limits: BatchLimits, observe: Callable[[RanBatch], None] = _unobserved
    ) -> None:
        super().__init__(most_pending)
        self._limits = limits
        self._observe = observe
        self._engine_thread = ThreadPoolExecutor(1, thread_name_prefix="palier-engine")
        self._batchers: WeakKeyDictionary[Engine, Batcher] = WeakKeyDictionary()

    @property
    def queued(self) -> int:
        """Windows that wait for an engine."""
        return sum(batcher.queued for batcher in self._batchers.values())

    async def follow(self, flow: Flow[_Result], body_bytes: int) -> _Result:
        """Run a flow to its end, its engine calls in batches.

        Raises:
            TooManyRequestsError: too many requests or windows wait already.
            DeadlineExceededError: the request's deadline passed.
        """
        with self.place():
            light = body_bytes <= _LIGHT_BYTES
            if not light and self.pending == 1:
                return await self._in_thread(self._follow_alone, flow)
            step = advance(flow) if light else await self._in_thread(advance, flow)
            while isinstance(step, EngineCall):
                run = await self._batcher(step.model.engine).run(step, deadline_var.get())
                step = advance(flow, run)
            return step.result

    def _follow_alone(self, flow: Flow[_Result]) -> _Result:
        step = advance(flow)
        while isinstance(step, EngineCall):
            run = run_alone(step, self._limits.max_windows)
            self._observe(RanBatch(step.model.manifest.name, run.execution.windows, (0.0,)))
            step = advance(flow, run)
        return step.result

    def _batcher(self, engine: Engine) -> Batcher:
        batcher = self._batchers.get(engine)
        if batcher is None:
            batcher = self._batchers[engine] = Batcher(self._engine_thread, self._limits, self._observe)
        return batcher
