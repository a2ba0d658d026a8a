"""Counts and percentiles of the sink in memory."""

from concurrent.futures import ThreadPoolExecutor

from functions.core.observability.memory_sink import MemorySink, Percentiles, Snapshot
from functions.core.observability.metrics import Tally
from tests.support.metrics import OIL_WHIRL, WEAR, diagnosed, request


def test_nothing_happened_yet() -> None:
    none = Percentiles(0, None, None, None)
    ticks = iter([100.0, 107.5])
    assert MemorySink(clock=lambda: next(ticks)).snapshot() == Snapshot(
        7.5, 0, {}, {}, 0, 0, {}, 0, 0, 0, 0, 0, latency_ms=none, inference_ms=none
    )


def test_everything_is_counted() -> None:
    sink = MemorySink()
    failed = Tally(models_not_loaded=1, key_store_failures=1, history_lost=1)
    for one in (
        request(cold_start=True),
        request(status=0, endpoint="unmatched"),
        request(status=429),
        request(status=503, tally=failed),
        diagnosed(WEAR, WEAR, OIL_WHIRL, novel=(WEAR,)),
        diagnosed(WEAR),
    ):
        sink.record(one)
    taken = sink.snapshot()
    assert taken.requests == 6
    assert taken.endpoints == {"index": 3, "unmatched": 1, "predict_batch": 2}
    assert taken.status_classes == {"0xx": 1, "2xx": 3, "4xx": 1, "5xx": 1}
    assert (taken.throttled, taken.windows, taken.novel, taken.cold_starts) == (1, 4, 1, 1)
    assert taken.diagnoses == {"journal-bearing": {"wear": 3, "oil_whirl": 1}}
    assert (taken.models_not_loaded, taken.key_store_failures, taken.history_lost) == (1, 1, 1)
    assert taken.inference_ms == Percentiles(2, 2.0, 2.0, 2.0)


def test_percentiles_are_of_the_nearest_rank() -> None:
    sink = MemorySink()
    for latency in range(100, 0, -1):
        sink.record(request(latency_ms=float(latency)))
    assert sink.snapshot().latency_ms == Percentiles(100, 50.0, 95.0, 99.0)


def test_the_newest_latencies_count_and_memory_is_bounded() -> None:
    sink = MemorySink()
    for latency in (1000.0,) * 4096 + (1.0,) * 4096:
        sink.record(request(latency_ms=latency))
    taken = sink.snapshot()
    assert taken.latency_ms == Percentiles(4096, 1.0, 1.0, 1.0)
    assert taken.requests == 8192


def test_a_snapshot_stays_as_it_was() -> None:
    sink = MemorySink()
    sink.record(diagnosed(WEAR))
    before = sink.snapshot()
    sink.record(diagnosed(WEAR))
    assert before.diagnoses == {"journal-bearing": {"wear": 1}}
    assert before.requests == 1


def test_threads_lose_no_request() -> None:
    sink = MemorySink()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sink.record(diagnosed(WEAR, OIL_WHIRL)), range(2000)))
    taken = sink.snapshot()
    assert (taken.requests, taken.windows) == (2000, 4000)
    assert taken.diagnoses == {"journal-bearing": {"wear": 2000, "oil_whirl": 2000}}
