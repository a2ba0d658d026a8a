"""Batching: the same answers, in order of arrival, in bounded batches, without requests of callers who left."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.container import batching
from functions.container.batching import Batcher, BatchLimits, RanBatch
from functions.container.errors import DeadlineExceededError
from functions.core.errors import TooManyRequestsError
from functions.core.models.engine import EngineOutput
from functions.core.models.flow import EngineRun
from functions.core.preprocessing.arrays import Float32Array
from tests.support.container import FailingEngine, InlineExecutor, SummingEngine, call
from tests.support.waiting import SECONDS, until_async


class Bench:
    """A batcher with an engine that can be held."""

    def __init__(self, limits: BatchLimits) -> None:
        self.gate = threading.Event()
        self.engine = SummingEngine(self.gate)
        self.ran: list[RanBatch] = []
        self.pool = ThreadPoolExecutor(1)
        self.batcher = Batcher(self.pool, limits, self.ran.append)

    def send(self, *values: float, deadline_s: float | None = None) -> asyncio.Task[EngineRun]:
        deadline = None if deadline_s is None else asyncio.get_running_loop().time() + deadline_s
        return asyncio.create_task(self.batcher.run(call(self.engine, values), deadline))


@asynccontextmanager
async def bench(**limits: float) -> AsyncIterator[Bench]:
    one = Bench(BatchLimits(**{"max_windows": 4, "max_delay_s": 0.0, "max_queued": 8} | limits))  # type: ignore[arg-type]
    try:
        yield one
    finally:
        one.gate.set()
        one.pool.shutdown()


async def held(one: Bench) -> asyncio.Task[EngineRun]:
    """Occupy the engine with a request of its own."""
    task = one.send(99)
    await until_async(lambda: bool(one.engine.batches))
    return task


def sums(run: EngineRun) -> list[float]:
    assert run.output.distance is not None
    assert run.output.logits[:, 0].tolist() == (4 * run.output.distance).tolist()
    return [float(value) for value in run.output.distance]


@given(
    requests=st.lists(st.integers(1, 7), min_size=1, max_size=30),
    max_windows=st.integers(1, 9),
    delay_ms=st.sampled_from([0.0, 0.5]),
)
def test_everyone_gets_their_own_answer_in_batches_within_the_limit_in_order(
    requests: list[int], max_windows: int, delay_ms: float
) -> None:
    engine, ran = SummingEngine(), list[RanBatch]()
    ends = np.cumsum(requests)
    values = [list(range(end - count, end)) for count, end in zip(requests, ends.tolist(), strict=True)]

    async def everyone() -> list[EngineRun]:
        batcher = Batcher(InlineExecutor(), BatchLimits(max_windows, delay_ms / 1e3, 1000), ran.append)
        answers = await asyncio.gather(*(batcher.run(call(engine, own)) for own in values))
        assert batcher.queued == 0
        return answers

    answers = asyncio.run(everyone())
    assert [sums(answer) for answer in answers] == values
    assert [value for batch in engine.batches for value in batch] == list(range(sum(requests)))
    assert max(len(batch) for batch in engine.batches) <= max_windows
    assert sum(one.windows for one in ran) == sum(requests)
    assert sum(len(one.waited_s) for one in ran) == len(requests)
    assert all(one.windows <= max_windows or len(one.waited_s) == 1 for one in ran)


async def test_what_gathers_while_the_engine_works_runs_together() -> None:
    async with bench() as one:
        first = await held(one)
        others = [one.send(value) for value in (1, 2, 3, 4, 5)]
        await until_async(lambda: one.batcher.queued == 5)
        one.gate.set()
        assert [sums(await task) for task in (first, *others)] == [[99], [1], [2], [3], [4], [5]]
    assert one.engine.batches == [[99], [1, 2, 3, 4], [5]]


class Thread(ThreadPoolExecutor):
    """One thread, which remembers how often it was given work."""

    given = 0

    def submit(self, *arguments: Any, **named: Any) -> Any:
        self.given += 1
        return super().submit(*arguments, **named)


async def test_an_idle_engine_starts_at_once_with_what_arrived_at_the_same_moment() -> None:
    engine = SummingEngine()
    batcher = Batcher(InlineExecutor(), BatchLimits(), lambda _: None)
    together = await asyncio.gather(*(batcher.run(call(engine, [value])) for value in (1, 2, 3)))
    assert [sums(run) for run in together] == [[1], [2], [3]]
    assert sums(await batcher.run(call(engine, [4]))) == [4]
    assert engine.batches == [[1, 2, 3], [4]]


async def test_a_quick_batch_is_not_handed_to_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    # By a clock that stands still a window takes no time, whatever else the machine does.
    monkeypatch.setattr(batching, "time", SimpleNamespace(monotonic=time.monotonic, perf_counter=lambda: 0.0))
    engine, thread = SummingEngine(), Thread(1)
    batcher = Batcher(thread, BatchLimits(), lambda _: None)
    runs = [await batcher.run(call(engine, [value])) for value in range(100)]
    assert [sums(run) for run in runs] == [[value] for value in range(100)]
    # How long a window takes is known after the first.
    assert thread.given == 1
    thread.shutdown()


async def test_a_slow_engine_never_holds_up_the_event_loop() -> None:
    thread, threads = Thread(1), set[int]()

    class Slow(SummingEngine):
        def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
            threads.add(threading.get_ident())
            time.sleep(0.002)
            return super().run(windows)

    batcher = Batcher(thread, BatchLimits(), lambda _: None)
    for value in range(5):
        await batcher.run(call(Slow(), [value]))
    assert thread.given == 5
    assert threading.get_ident() not in threads
    thread.shutdown()


async def test_a_failure_on_the_event_loop_reaches_its_request() -> None:
    engine = SummingEngine()
    batcher = Batcher(InlineExecutor(), BatchLimits(), lambda _: None)
    await batcher.run(call(engine, [1]))
    batcher._window_ms = 0.0
    with pytest.raises(ValueError, match=r"^no answer to 1 windows$"):
        await batcher.run(call(FailingEngine(), [2]))
    assert sums(await batcher.run(call(engine, [3]))) == [3]


async def test_a_lone_request_waits_for_company_no_longer_than_it_may() -> None:
    async with bench(max_delay_s=0.05) as one:
        one.gate.set()
        started = time.monotonic()
        run = await one.send(1)
        elapsed = time.monotonic() - started
    # A nanosecond is for the sums' rounding.
    assert 50 - 1e-6 <= run.waited_ms <= elapsed * 1e3


async def test_a_full_batch_does_not_wait() -> None:
    async with bench(max_delay_s=2 * SECONDS) as one:
        one.gate.set()
        await asyncio.wait_for(asyncio.gather(one.send(1, 2), one.send(3, 4)), SECONDS)
    assert one.engine.batches == [[1, 2, 3, 4]]


async def test_a_large_request_is_not_overtaken_by_small_ones_behind_it() -> None:
    async with bench() as one:
        first = await held(one)
        tasks = [one.send(1), one.send(2, 3, 4, 5), one.send(6)]
        await until_async(lambda: one.batcher.queued == 6)
        one.gate.set()
        await asyncio.gather(first, *tasks)
    assert one.engine.batches == [[99], [1], [2, 3, 4, 5], [6]]


async def test_a_request_larger_than_a_batch_runs_alone_in_parts() -> None:
    async with bench() as one:
        one.gate.set()
        assert sums(await one.send(*range(10))) == list(range(10))
    assert [len(batch) for batch in one.engine.batches] == [4, 4, 2]


async def test_beyond_the_queue_requests_are_refused_with_when_to_come_back() -> None:
    async with bench() as one:
        first = await held(one)
        waiting = [one.send(1, 2, 3, 4), one.send(5, 6, 7, 8)]
        await until_async(lambda: one.batcher.queued == 8)
        with pytest.raises(TooManyRequestsError, match=r"^8 windows wait for the engine already") as refused:
            await one.send(9)
        assert (refused.value.status, refused.value.headers) == (429, {"retry-after": "1"})
        one.gate.set()
        await asyncio.gather(first, *waiting)
    assert one.batcher.queued == 0


async def test_a_request_larger_than_the_queue_is_taken_where_nobody_waits() -> None:
    async with bench() as one:
        one.gate.set()
        assert len(sums(await one.send(*range(20)))) == 20


async def test_who_leaves_is_not_run_and_holds_no_place() -> None:
    async with bench() as one:
        first = await held(one)
        gone, stays = one.send(1, 2, 3), one.send(4)
        await until_async(lambda: one.batcher.queued == 4)
        gone.cancel()
        await until_async(lambda: one.batcher.queued == 1)
        one.gate.set()
        assert sums(await stays) == [4]
        await first
    assert gone.cancelled()
    assert one.engine.batches == [[99], [4]]


async def test_who_leaves_while_running_takes_nobody_along() -> None:
    async with bench() as one:
        first = await held(one)
        gone, stays = one.send(1), one.send(2)
        await until_async(lambda: one.batcher.queued == 2)
        first.cancel()
        one.gate.set()
        gone_and_stays = await asyncio.gather(gone, stays)
    assert [sums(run) for run in gone_and_stays] == [[1], [2]]
    assert first.cancelled()


async def test_a_deadline_ends_the_wait_and_frees_the_place() -> None:
    async with bench() as one:
        first = await held(one)
        with pytest.raises(DeadlineExceededError) as late:
            await one.send(1, deadline_s=0.02)
        assert (late.value.status, late.value.code, late.value.headers) == (
            503,
            "deadline_exceeded",
            {"retry-after": "1"},
        )
        assert one.batcher.queued == 0
        one.gate.set()
        await first
    assert one.engine.batches == [[99]]


async def test_each_request_has_its_own_deadline_whatever_the_order_they_come_in() -> None:
    async with bench() as one:
        first = await held(one)
        late, latest, in_time = (
            one.send(1, deadline_s=0.05),
            one.send(2, deadline_s=0.02),
            one.send(3, deadline_s=SECONDS),
        )
        failures = await asyncio.gather(late, latest, return_exceptions=True)
        assert [type(failure) for failure in failures] == [DeadlineExceededError] * 2
        assert one.batcher.queued == 1
        one.gate.set()
        assert sums(await in_time) == [3]
        await first


async def test_a_deadline_holds_also_while_the_request_runs() -> None:
    async with bench() as one:
        running = one.send(1, deadline_s=0.05)
        with pytest.raises(DeadlineExceededError):
            await running
        # The deadline may be over before the engine's thread has begun.
        await until_async(lambda: one.engine.batches == [[1]])
        one.gate.set()
        assert sums(await one.send(2)) == [2]


async def test_a_failure_reaches_all_of_its_batch_and_none_of_the_next() -> None:
    engine = SummingEngine()
    batcher = Batcher(InlineExecutor(), BatchLimits(2, 0, 8), lambda _: None)
    broken = [batcher.run(call(FailingEngine(), [value])) for value in (1, 2)]
    failures = await asyncio.gather(*broken, return_exceptions=True)
    assert [str(failure) for failure in failures] == ["no answer to 2 windows"] * 2
    assert sums(await batcher.run(call(engine, [3]))) == [3]
