"""The real servers, once, and the arithmetic of their ratios."""

from pathlib import Path
from typing import Any

import pytest

from build_scripts.benchmarks.container_load import benchmark
from build_scripts.benchmarks.container_load.benchmark import Cell, Effort, benchmark_serving
from build_scripts.benchmarks.container_load.load import Measured
from build_scripts.benchmarks.container_load.page import render_serving


def test_every_server_answers_and_has_its_figures(shipped_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "QUICK", Effort(1, 0.2, 0.1))
    monkeypatch.setattr(benchmark, "MANY_CLIENTS", 8)
    report: dict[str, Any] = benchmark_serving(shipped_models, "journal-bearing", quick=True)
    cells = {Cell(one["server"], one["body"], one["clients"]): one for one in report["cells"]}
    sides = ("batched", "unbatched", "local_server")
    assert set(cells) == {
        *(Cell(server, body, clients) for server in sides for body in ("json", "binary") for clients in (1, 8)),
        Cell("batches_of_one", "binary", 8),
        Cell("fastapi", "json", 1),
        Cell("fastapi", "json", 8),
    }
    assert all(one["requests"] >= cell.clients and one["refused"] == 0 for cell, one in cells.items())
    assert all(one["p50_ms"] <= one["p99_ms"] for one in cells.values())
    assert report["batching_speedup"] == pytest.approx(
        cells[Cell("batched", "binary", 8)]["per_second"] / cells[Cell("unbatched", "binary", 8)]["per_second"]
    )
    assert report["json_ms_above_local_server"] == pytest.approx(
        cells[Cell("batched", "json", 1)]["p50_ms"] - cells[Cell("local_server", "json", 1)]["p50_ms"]
    )
    assert {"machine", "cpu_flags", "versions", "serving_versions"} <= set(report)
    assert render_serving(report).count("\n| container, dynamic batching | ") == 4


def test_ratios_are_of_the_same_round() -> None:
    def one(batched: float, unbatched: float, local: float) -> dict[Cell, Measured]:
        speeds = {"batched": batched, "unbatched": unbatched, "local_server": local}
        speeds |= {"batches_of_one": 10.0, "fastapi": 1.0}
        return {cell: Measured(speeds[cell.server], (1000 / speeds[cell.server],)) for cell in benchmark._cells()}

    summary = benchmark._summary([one(20, 10, 10), one(50, 20, 100), one(5, 4, 5)])
    assert summary["batching_speedup"] == summary["json_batching_speedup"] == 2
    assert summary["batching_speedup_over_local_server"] == 1
    assert summary["json_ms_above_local_server"] == summary["binary_ms_above_local_server"] == 0
    assert summary["p99_ratio_batched_to_unbatched"] == 0.5
    assert summary["binary_speedup_over_fastapi_json"] == 20


def test_refusals_are_counted_apart() -> None:
    figures = benchmark._figures([Measured(10.0, (1.0, 2.0), 3), Measured(20.0, (1.0,), 4)])
    assert (figures["requests"], figures["refused"], figures["per_second"]) == (3, 7, 15)
