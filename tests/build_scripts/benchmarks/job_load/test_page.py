from typing import Any

from build_scripts.benchmarks.job_load.page import job_rows, render_jobs

REPORT: dict[str, Any] = {
    "recordings": 1000,
    "in_a_file": 10,
    "rounds": 5,
    "requests": 400,
    "pause_ms": 20.0,
    "peak_memory_mb": 234.4,
    "services_peak_memory_mb": 99.6,
    "per_second": {"job": 700.4, "bare": 1000.0, "engine": 2000.0, "upload": 200.0},
    "job_to_bare": 0.704,
    "job_to_engine": 0.35,
    "history": {"without_ms": 3.004, "with_ms": 3.1, "with_to_without": 1.032},
}


def test_every_figure_has_its_row() -> None:
    text = render_jobs(REPORT)
    assert "| a job's throughput, share of that of the same diagnoses in one thread | 0.70 |\n" in text
    assert "| peak memory of `local_server.py` and its workers, together | 234 MB |\n" in text
    assert "| peak memory of the services that stand in for AWS | 100 MB |\n" in text
    assert "| an answer with `asset_id`, times the latency of one without | 1.03 |\n" in text
    assert "| median latency of an answer without and with | 3.00 and 3.10 ms |\n" in text
    assert "| the engine's calls of these alone | 2000 |\n" in text


def test_the_readme_says_throughput_and_memory() -> None:
    assert job_rows(REPORT) == (
        (
            "a job of 1000 records of five seconds, against the same diagnoses in one thread",
            "0.70 of the throughput, 234 MB",
        ),
    )
