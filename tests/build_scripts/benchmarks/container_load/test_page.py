from typing import Any

from build_scripts.benchmarks.benchmark_page import render_benchmarks
from build_scripts.benchmarks.container_load.page import render_serving, serving_rows

ARM = {
    "per_second": 1234.4,
    "lowest_per_second": 900.0,
    "highest_per_second": 1500.0,
    "p50_ms": 30.04,
    "p99_ms": 60.0,
    "requests": 100,
}
REPORT: dict[str, Any] = {
    "model": "journal-bearing",
    "labels": {"batched": "with", "unbatched": "without"},
    "clients": 64,
    "rounds": 15,
    "arms": {"batched": ARM, "unbatched": ARM | {"per_second": 1000.0}},
    "batching_speedup": 1.234,
    "batching_speedup_over_batches_of_one": 1.6,
    "p99_ratio_batched_to_unbatched": 0.8,
    "binary_speedup_over_fastapi_json": 25.0,
    "machine": "a machine",
    "cpu_flags": ["avx2"],
    "versions": {"python": "3.11"},
    "serving_versions": {"uvicorn": "1"},
}


CELL = ARM | {"server": "batched", "body": "json", "clients": 64, "refused": 7}
CELLS: dict[str, Any] = {key: value for key, value in REPORT.items() if key != "arms"} | {
    "cells": [CELL, CELL | {"server": "unbatched", "body": "binary", "clients": 1, "refused": 0, "p50_ms": 0.512}],
    "json_ms_above_local_server": 0.08,
    "binary_ms_above_local_server": -0.12,
    "json_batching_speedup": 1.1,
    "batching_speedup_over_local_server": 1.5,
    "json_batching_speedup_over_local_server": 1.2,
}


def test_every_cell_and_every_ratio_has_its_row() -> None:
    text = render_serving(CELLS)
    assert "| with | JSON | 64 | 1234 | 900 to 1500 | 7 | 30.04 | 60.00 |\n" in text
    assert "| without | binary v2 | 1 | 1234 | 900 to 1500 | 0 | 0.51 | 60.00 |\n" in text
    ratios = text.partition("| figure | value |")[2].partition("| server |")[0]
    assert ratios.count("\n| ") == 1 + 9
    assert "| binary v2 at one connection, the same, ms | -0.12 |\n" in ratios
    assert "refusals (429, 503) apart" in text


def test_every_server_and_every_ratio_of_an_older_report_has_its_row() -> None:
    text = render_serving(REPORT)
    assert "| with | 1234 | 900 to 1500 | 30.0 | 60.0 |\n" in text
    assert "| without | 1000 | 900 to 1500 | 30.0 | 60.0 |\n" in text
    assert "| dynamic batching, times the throughput without (worker threads) | 1.23 |\n" in text
    assert "| binary v2, times the throughput of FastAPI with JSON | 25.00 |\n" in text


def test_it_is_a_section_of_the_page() -> None:
    page = render_benchmarks({"date": "2026-11-23", "reports": {"serving": REPORT}})
    assert "\n## The container under load\n\n`python -m build_scripts benchmark --serving`\n\n64 clients" in page


def test_the_readme_has_what_the_report_has() -> None:
    assert [figure for _, figure in serving_rows(REPORT)] == ["25.0 times", "1.23 times"]
    assert [figure for _, figure in serving_rows(CELLS)] == ["0.08 ms", "25.0 times", "1.23 times"]
