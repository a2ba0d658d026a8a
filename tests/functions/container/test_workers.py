"""Workers that batch: light flows on the event loop, heavy ones in threads, engine calls in batches."""

import asyncio
import threading

import pytest

from functions.container.batching import BatchLimits, RanBatch
from functions.container.errors import DeadlineExceededError
from functions.container.workers import BatchingWorkers, deadline_var
from functions.core.errors import EmptyBodyError, TooManyRequestsError
from functions.core.models.flow import Flow
from tests.support.container import SummingEngine, call

LIMITS = BatchLimits(max_windows=8, max_delay_s=0.005)


def flow(engine: SummingEngine, value: float, threads: list[int]) -> Flow[float]:
    threads.append(threading.get_ident())
    run = yield call(engine, [value])
    return float(run.output.logits[0, 0])


async def test_flows_that_meet_share_a_batch() -> None:
    engine, threads = SummingEngine(), list[int]()
    workers = BatchingWorkers(8, LIMITS)
    answers = await asyncio.gather(*(workers.follow(flow(engine, value, threads), 100) for value in range(5)))
    assert answers == [0, 4, 8, 12, 16]
    assert engine.batches == [[0, 1, 2, 3, 4]]
    assert set(threads) == {threading.get_ident()}
    assert workers.queued == 0


async def test_a_large_body_is_read_in_a_thread() -> None:
    threads: list[int] = []
    assert await BatchingWorkers(8, LIMITS).follow(flow(SummingEngine(), 2, threads), 1_000_000) == 8
    assert threads != [threading.get_ident()]


async def test_a_large_body_with_nothing_beside_it_stays_in_its_thread() -> None:
    ran: list[RanBatch] = []
    engine, threads = SummingEngine(), list[int]()
    workers = BatchingWorkers(8, BatchLimits(max_windows=2), ran.append)

    def reading() -> Flow[list[float]]:
        threads.append(threading.get_ident())
        run = yield call(engine, [1, 2, 3])
        threads.append(threading.get_ident())
        return [float(value) for value in run.output.logits[:, 0]]

    assert await workers.follow(reading(), 1_000_000) == [4, 8, 12]
    assert engine.batches == [[1, 2], [3]]
    assert len(set(threads)) == 1
    assert ran == [RanBatch("tiny", 3, (0.0,))]


async def test_large_bodies_that_meet_share_a_batch() -> None:
    engine, threads = SummingEngine(), list[int]()
    workers = BatchingWorkers(8, BatchLimits(max_windows=4, max_delay_s=60))
    follows = (workers.follow(flow(engine, value, threads), 1_000_000) for value in (1, 2, 3, 4))
    with workers.place():
        assert await asyncio.gather(*follows) == [4, 8, 12, 16]
    assert [sorted(batch) for batch in engine.batches] == [[1, 2, 3, 4]]
    assert threading.get_ident() not in threads


async def test_who_has_no_place_is_refused_before_anything_is_read() -> None:
    workers, threads = BatchingWorkers(1, LIMITS), list[int]()
    with workers.place():
        for size in (0, 1_000_000):
            with pytest.raises(TooManyRequestsError, match="1 requests"):
                await workers.follow(flow(SummingEngine(), 1, threads), size)
    assert threads == []


async def test_models_do_not_share_batches() -> None:
    one, other, threads = SummingEngine(), SummingEngine(), list[int]()
    workers = BatchingWorkers(8, LIMITS)
    await asyncio.gather(*(workers.follow(flow(engine, 1, threads), 0) for engine in (one, other, one)))
    assert (one.batches, other.batches) == ([[1, 1]], [[1]])


async def test_the_request_s_deadline_holds() -> None:
    gate = threading.Event()
    engine = SummingEngine(gate)
    deadline_var.set(asyncio.get_running_loop().time() + 0.02)
    with pytest.raises(DeadlineExceededError):
        await BatchingWorkers(8, LIMITS).follow(flow(engine, 1, []), 0)
    gate.set()


@pytest.mark.parametrize("size", [0, 1_000_000], ids=["light", "heavy"])
async def test_what_a_flow_raises_is_raised(size: int) -> None:
    def failing(body: bytes) -> Flow[None]:
        if not body:
            raise EmptyBodyError
        yield call(SummingEngine(), [1])

    with pytest.raises(EmptyBodyError):
        await BatchingWorkers(8, LIMITS).follow(failing(b""), size)
