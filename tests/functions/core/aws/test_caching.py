"""The cache with a time limit; its uses by key stores and queues have their own tests."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from functions.core.aws.caching import TimedCache
from tests.support.waiting import SECONDS


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Counts its reads, each of which takes some seconds of a clock."""

    def __init__(self, clock: Clock, takes_s: float = 0.0) -> None:
        self.reads = 0
        self._clock = clock
        self._takes_s = takes_s

    def read(self) -> int:
        self._clock.now += self._takes_s
        self.reads += 1
        return self.reads


def test_a_value_is_kept_for_its_time() -> None:
    clock = Clock()
    cache = TimedCache(Source(clock).read, 5, clock)
    assert [cache.get(), cache.get()] == [1, 1]
    clock.now += 4.9
    assert cache.get() == 1
    clock.now += 0.1
    assert cache.get() == 2


def test_a_caller_may_ask_for_a_newer_value_but_never_for_an_older_one() -> None:
    clock = Clock()
    cache = TimedCache(Source(clock).read, 5, clock)
    cache.get()
    clock.now += 2
    assert (cache.get(3), cache.get(2), cache.get(2)) == (1, 2, 2)
    clock.now += 5
    assert cache.get(60) == 3


def test_a_slow_answer_is_kept_as_long_as_a_quick_one_where_that_is_asked_for() -> None:
    clock = Clock()
    source = Source(clock, takes_s=10)
    cache = TimedCache(source.read, 5, clock, from_answer=True)
    assert [cache.get(), cache.get()] == [1, 1]


def test_no_value_is_older_than_its_time_however_slow_its_source_was() -> None:
    clock = Clock()
    cache = TimedCache(Source(clock, takes_s=4).read, 5, clock)
    assert cache.get() == 1
    clock.now += 0.9
    assert cache.get() == 1
    clock.now += 0.1
    assert cache.get() == 2


def test_a_failure_is_not_kept() -> None:
    answers: Iterator[ValueError | str] = iter([ValueError("no answer"), "an answer"])

    def read() -> str:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    cache = TimedCache(read, 5)
    with pytest.raises(ValueError, match="no answer"):
        cache.get()
    assert cache.get() == "an answer"


def test_threads_that_ask_together_wait_for_one_answer() -> None:
    clock, begun = Clock(), Event()
    source = Source(clock)

    def read() -> int:
        begun.wait(SECONDS)
        return source.read()

    cache = TimedCache(read, 5, clock)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(cache.get) for _ in range(4)]
        begun.set()
        assert [one.result() for one in asked] == [1, 1, 1, 1]


def test_what_was_forgotten_is_read_anew() -> None:
    clock = Clock()
    cache = TimedCache(Source(clock).read, 5, clock)
    cache.get()
    cache.expire()
    assert cache.get() == 2
