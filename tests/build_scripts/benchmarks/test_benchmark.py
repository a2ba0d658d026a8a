from pathlib import Path

import pytest

from build_scripts.benchmarks import benchmark
from build_scripts.benchmarks.benchmark import benchmark_against_reference
from build_scripts.measuring.latency import Rounds

ONCE = Rounds(1, 1)


@pytest.fixture(autouse=True)
def one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "QUICK", ONCE)


def check_ratio(report: dict[str, object], key: str, above: str, below: str) -> None:
    latency = report["latency_ms"]
    assert isinstance(latency, dict)
    assert report[key] == pytest.approx(latency[above]["p50_ms"] / latency[below]["p50_ms"])


def test_the_model_is_timed_beside_the_reference(shipped_models: Path) -> None:
    report = benchmark_against_reference(shipped_models, "journal-bearing", quick=True)
    assert (report["model"], report["threads"], report["batch"]) == ("journal-bearing", 1, 1)
    check_ratio(report, "speedup_over_reference_onnx_fp32", "reference_onnx_fp32", "journal-bearing_int8")
    check_ratio(report, "fp32_speedup_over_reference_onnx_fp32", "reference_onnx_fp32", "journal-bearing_fp32")
    assert {"machine", "cpu_flags", "versions"} <= set(report)
