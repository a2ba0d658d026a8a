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


def test_every_server_and_every_ratio_has_its_row() -> None:
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
