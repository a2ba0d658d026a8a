"""A small job through the real server, and the arithmetic of its ratios."""

from typing import Any

import pytest

from build_scripts.benchmarks.job_load import benchmark
from build_scripts.benchmarks.job_load.benchmark import Effort, Measured, benchmark_jobs, summary
from build_scripts.errors import BuildError
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import this_host


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        this_host()
    except EmbeddedServicesError as reason:
        pytest.skip(reason.message)
    monkeypatch.setattr(benchmark, "QUICK", Effort(5, 2, 1, 3))


@pytest.mark.usefixtures("_small")
def test_a_job_and_a_history_have_their_figures() -> None:
    report: dict[str, Any] = benchmark_jobs(quick=True)
    assert (report["recordings"], report["rounds"], report["requests"]) == (5, 1, 3)
    assert all(speed > 0 for speed in report["per_second"].values())
    assert report["per_second"]["engine"] > report["per_second"]["bare"]
    # A server and two workers, each of which has loaded the model.
    assert 3 * 50 < report["peak_memory_mb"] < 600
    assert 20 < report["services_peak_memory_mb"] < 200
    history = report["history"]
    assert history["with_to_without"] == pytest.approx(history["with_ms"] / history["without_ms"])


@pytest.mark.usefixtures("_small")
def test_a_result_that_is_not_the_direct_one_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = benchmark._bare
    monkeypatch.setattr(benchmark, "_bare", lambda *given: (*bare(*given)[:2], [99] * 5))
    with pytest.raises(BuildError, match="not those of the same recordings"):
        benchmark_jobs(quick=True)


def test_ratios_are_of_the_same_round() -> None:
    rounds = [Measured(job_s, 1.0, bare_s, bare_s / 2) for job_s, bare_s in ((10, 5), (2, 2), (4, 3))]
    found: dict[str, Any] = summary(rounds, 100)
    assert found["job_to_bare"] == 0.75
    assert found["job_to_engine"] == 0.375
    assert found["per_second"]["job"] == 25
