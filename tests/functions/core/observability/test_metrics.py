"""Counts of a request, which reach the sinks once."""

import asyncio
import resource

import pytest

from functions.core.observability import metrics
from functions.core.observability.metrics import (
    Finding,
    Meter,
    RequestMetrics,
    observe_diagnosis,
    observe_inference,
    observe_key_store_failure,
    observe_model_not_loaded,
)
from functions.core.settings import Settings
from tests.support.metrics import OIL_WHIRL, WEAR, ListSink


def make_meter(*sinks: ListSink, memory_mb: int | None = None, initialization: str | None = None) -> Meter:
    return Meter(Settings(lambda_memory_mb=memory_mb, lambda_initialization=initialization), sinks)


def run_request(meter: Meter) -> None:
    meter.end(meter.begin(), "index", 200, 1.0)


def observe_everything() -> None:
    observe_inference("journal-bearing", 3, 1.5)
    observe_inference("journal-bearing", 2, 0.5)
    observe_diagnosis(WEAR, novel=False)
    observe_diagnosis(WEAR, novel=True)
    observe_diagnosis(OIL_WHIRL, novel=False)
    observe_model_not_loaded()
    observe_key_store_failure()


def test_what_is_observed_is_the_request_s() -> None:
    sink = ListSink()
    meter = make_meter(sink)
    token = meter.begin()
    observe_everything()
    meter.end(token, "predict_batch", 200, 12.5)
    (request,) = sink.requests
    assert (request.endpoint, request.status, request.latency_ms) == ("predict_batch", 200, 12.5)
    tally = request.tally
    assert (tally.model, tally.windows, tally.inference_ms) == ("journal-bearing", 5, 2.0)
    assert tally.diagnoses == {WEAR: 2, OIL_WHIRL: 1}
    assert tally.novel == {WEAR: 1, OIL_WHIRL: 0}
    assert (tally.models_not_loaded, tally.key_store_failures) == (1, 1)


def test_outside_a_request_nothing_is_kept() -> None:
    sink = ListSink()
    meter = make_meter(sink)
    observe_everything()
    run_request(meter)
    observe_everything()
    run_request(meter)
    assert [request.tally for request in sink.requests] == [metrics.Tally(), metrics.Tally()]


async def test_requests_side_by_side_do_not_mix_also_in_threads() -> None:
    sink = ListSink()
    meter = make_meter(sink)

    async def one(windows: int) -> None:
        token = meter.begin()
        await asyncio.sleep(0.001 * (10 - windows))
        await asyncio.to_thread(observe_inference, "tiny", windows, 1.0)
        meter.end(token, str(windows), 200, 1.0)

    await asyncio.gather(*(one(windows) for windows in range(1, 10)))
    assert {request.endpoint: request.tally.windows for request in sink.requests} == {
        str(windows): windows for windows in range(1, 10)
    }


def test_every_sink_gets_the_counts_once() -> None:
    sinks = ListSink(), ListSink()
    run_request(make_meter(*sinks))
    assert [len(sink.requests) for sink in sinks] == [1, 1]
    assert sinks[0].requests == sinks[1].requests


@pytest.mark.parametrize(
    ("initialization", "expected"),
    [
        ("on-demand", [True, False, False]),
        ("snap-start", [True, False, False]),
        ("provisioned-concurrency", [False, False, False]),
        (None, [False, False, False]),
    ],
)
def test_the_first_request_alone_waited_for_the_start(initialization: str | None, expected: list[bool]) -> None:
    sink = ListSink()
    meter = make_meter(sink, initialization=initialization)
    for _ in expected:
        run_request(meter)
    assert [request.cold_start for request in sink.requests] == expected


def memory_percent(memory_mb: int | None) -> float | None:
    sink = ListSink()
    run_request(make_meter(sink, memory_mb=memory_mb))
    request: RequestMetrics = sink.requests[0]
    return request.memory_percent


def test_memory_is_a_share_of_the_function_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_peak_memory_kib", lambda: 900 * 1024)
    assert memory_percent(1000) == 90
    assert memory_percent(None) is None


def test_memory_is_the_process_s_peak() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    measured = memory_percent(1024)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert measured is not None
    assert before <= measured / 100 * 1024 * 1024 <= after + 1


def test_a_finding_is_a_class_of_a_model() -> None:
    assert Finding("a", "x") != Finding("b", "x")
