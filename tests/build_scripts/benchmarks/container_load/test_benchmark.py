"""The real servers, once, and the arithmetic of their ratios."""

from pathlib import Path
from typing import Any

import pytest

from build_scripts.benchmarks.container_load import benchmark
from build_scripts.benchmarks.container_load.benchmark import Effort, benchmark_serving
from build_scripts.benchmarks.container_load.load import Measured


def test_every_server_answers_and_has_its_figures(shipped_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "QUICK", Effort(1, 0.2, 0.1))
    monkeypatch.setattr(benchmark, "CLIENTS", 8)
    report: dict[str, Any] = benchmark_serving(shipped_models, "journal-bearing", quick=True)
    assert list(report["arms"]) == list(report["labels"]) == ["batched", "unbatched", "batches_of_one", "fastapi_json"]
    assert all(arm["requests"] >= 8 and arm["p50_ms"] <= arm["p99_ms"] for arm in report["arms"].values())
    assert report["batching_speedup"] == pytest.approx(
        report["arms"]["batched"]["per_second"] / report["arms"]["unbatched"]["per_second"]
    )
    assert {"machine", "cpu_flags", "versions", "serving_versions"} <= set(report)


def test_ratios_are_of_the_same_round() -> None:
    def one(batched: float, unbatched: float) -> dict[str, Measured]:
        speeds = {"batched": batched, "unbatched": unbatched, "batches_of_one": 10.0, "fastapi_json": 1.0}
        return {arm: Measured(speed, (1000 / speed,)) for arm, speed in speeds.items()}

    summary = benchmark._summary([one(20, 10), one(60, 20), one(5, 4)])
    assert summary["batching_speedup"] == 2
    assert summary["p99_ratio_batched_to_unbatched"] == 0.5
    assert summary["binary_speedup_over_fastapi_json"] == 20
