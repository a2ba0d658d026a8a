"""The figures of /metrics, compared with computed ones."""

from collections import Counter

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from functions.container.batching import RanBatch
from functions.container.prometheus import PrometheusSink
from functions.core.observability.metrics import Finding, RequestMetrics, Tally
from tests.support.apps import predict_tone

HIGH = Finding("tiny", "high")


def value(sink: PrometheusSink, name: str, **labels: str) -> float | None:
    return sink.registry.get_sample_value(name, labels)


def request(status: int = 200, tally: Tally | None = None) -> RequestMetrics:
    return RequestMetrics("predict", status, 4.0, False, None, tally or Tally(), "POST")


def test_requests_are_counted_in_the_reference_s_names() -> None:
    sink = PrometheusSink()
    for status in (200, 422, 429, 500, 503):
        sink.record(request(status))
    labels = {"method": "POST", "endpoint": "predict"}
    assert value(sink, "lstm_pfd_requests_total", **labels, status="success") == 3
    assert value(sink, "lstm_pfd_requests_total", **labels, status="error") == 2
    assert value(sink, "palier_responses_total", code="429") == 1
    assert value(sink, "lstm_pfd_request_latency_seconds_sum", **labels) == pytest.approx(0.02)
    assert value(sink, "lstm_pfd_request_latency_seconds_bucket", **labels, le="0.005") == 5
    assert value(sink, "lstm_pfd_request_latency_seconds_bucket", **labels, le="0.0025") == 0


def test_what_a_model_did_is_counted() -> None:
    sink = PrometheusSink()
    tally = Tally("tiny", 2.0, 3, Counter({HIGH: 2}), Counter({HIGH: 1}), 1, 1)
    sink.record(request(tally=tally))
    assert value(sink, "lstm_pfd_inference_seconds_sum", model="tiny") == pytest.approx(0.002)
    assert value(sink, "lstm_pfd_inferences_total", model="tiny", fault_class="high") == 2
    assert value(sink, "palier_windows_total", model="tiny") == 3
    assert value(sink, "palier_novel_diagnoses_total", model="tiny") == 1
    assert value(sink, "palier_models_not_loaded_total") == 1
    assert value(sink, "palier_key_store_failures_total") == 1


def test_batches_and_waiting_are_counted() -> None:
    sink = PrometheusSink()
    sink.observe(RanBatch("tiny", 5, [0.001, 0.003]))
    sink.watch_queue(lambda: 7)
    assert value(sink, "palier_batch_windows_sum", model="tiny") == 5
    assert value(sink, "palier_batch_windows_bucket", model="tiny", le="4.0") == 0
    assert value(sink, "palier_queue_seconds_count", model="tiny") == 2
    assert value(sink, "palier_queue_seconds_sum", model="tiny") == pytest.approx(0.004)
    assert value(sink, "palier_queue_windows") == 7


async def test_the_page_is_what_prometheus_reads(door: httpx.AsyncClient) -> None:
    await predict_tone(door)
    answer = await door.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    expected = {
        "lstm_pfd_requests",
        "lstm_pfd_request_latency_seconds",
        "lstm_pfd_inference_seconds",
        "lstm_pfd_inferences",
        "lstm_pfd_model_loaded",
        "lstm_pfd_model_size_bytes",
        "lstm_pfd_system_cpu_percent",
        "lstm_pfd_system_memory_percent",
        "lstm_pfd_gpu_memory_bytes",
        "palier_batch_windows",
        "palier_queue_windows",
        "palier_queue_seconds",
    }
    assert expected <= set(families)
    loaded = {sample.labels["model"]: sample.value for sample in families["lstm_pfd_model_loaded"].samples}
    assert loaded == {"tiny": 1, "tiny-pair": 1, "tiny-plain": 1}
    assert 0 < families["lstm_pfd_system_memory_percent"].samples[0].value < 100
