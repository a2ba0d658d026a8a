"""Work in threads: at most as many at once as allowed, each in its caller's context."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from functions.core.errors import TooManyRequestsError
from functions.core.http.workers import Workers


async def test_one_too_many_is_refused_with_a_time_to_retry() -> None:
    workers, gate = Workers(most_pending=2), threading.Event()
    held = [asyncio.create_task(workers.run(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequestsError, match="2 requests") as refusal:
        await workers.run(gate.wait)
    assert refusal.value.headers == {"retry-after": "1"}
    gate.set()
    assert await asyncio.gather(*held) == [True, True]


async def test_a_place_is_given_back_also_after_a_failure() -> None:
    workers = Workers(most_pending=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await workers.run(divmod, 1, 0)
    assert await workers.run(divmod, 7, 2) == (3, 1)


async def test_work_sees_the_callers_context() -> None:
    variable: ContextVar[str] = ContextVar("variable")
    variable.set("here")
    assert await Workers(most_pending=1).run(variable.get) == "here"


async def test_asyncios_own_threads_stay_free() -> None:
    workers, gate = Workers(most_pending=64), threading.Event()
    held = [asyncio.create_task(workers.run(gate.wait)) for _ in range(64)]
    await asyncio.sleep(0)
    assert await asyncio.to_thread(lambda: "free") == "free"
    gate.set()
    assert await asyncio.gather(*held) == [True] * 64


async def test_a_body_on_its_way_holds_a_place_too() -> None:
    workers = Workers(most_pending=1)
    with workers.place():
        with pytest.raises(TooManyRequestsError, match="1 requests"), workers.place():
            pass
        with pytest.raises(TooManyRequestsError, match="1 requests"):
            await workers.run(divmod, 7, 2)
    assert await workers.run(divmod, 7, 2) == (3, 1)
