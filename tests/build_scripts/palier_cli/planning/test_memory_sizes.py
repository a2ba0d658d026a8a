import json
from pathlib import Path
from typing import Any

import pytest

from build_scripts.palier_cli.main import main
from build_scripts.palier_cli.planning.memory_sizes import Expected, NothingMeasuredError, price_sizes, read_sizes

MONTHLY = Expected(requests_a_month=2e6, cold_share=0.5, architecture="arm64")


def measured(memory_mb: int, cold_ms: float, warm_ms: float, peak_mb: float = 80) -> dict[str, Any]:
    latency = {"p50_ms": warm_ms, "p95_ms": warm_ms * 2}
    return {
        "memory_mb": memory_mb,
        "cold": {"total_ms": cold_ms},
        "warm": {"latency_ms": latency},
        "largest_request_peak_mb": peak_mb,
    }


def test_what_a_million_requests_cost() -> None:
    (size,) = price_sizes([measured(1024, 199.5, 3.2)], MONTHLY)
    # 4 ms and half of 200 ms at 1 GB, and 0.20 for the requests themselves
    assert size.lambda_per_million == pytest.approx(0.20 + 1e6 * 0.104 * 0.0000133334)
    assert size.all_per_million == pytest.approx(size.lambda_per_million + 3.50 + 0.60)
    assert size.a_month == pytest.approx(2 * size.all_per_million)
    assert (size.peak_mb, size.warm_p95_ms) == (80, 6.4)


def test_x86_64_costs_a_quarter_more_for_the_same_time() -> None:
    arm, x86 = (
        price_sizes([measured(1024, 100, 3)], Expected(1e6, 0, architecture))[0].lambda_per_million - 0.20
        for architecture in ("arm64", "x86_64")
    )
    assert x86 / arm == pytest.approx(1.25, abs=1e-4)


def test_dev_is_the_cheapest_that_is_safe_and_prod_the_cheapest_that_starts_in_time() -> None:
    given = [measured(128, 1000, 5), measured(256, 1000, 5), measured(1024, 300, 5), measured(2048, 150, 5)]
    assert [size.advised_for for size in price_sizes(given, MONTHLY)] == [(), ("dev",), ("staging", "prod"), ()]


def test_one_size_may_be_best_for_all() -> None:
    sizes = price_sizes([measured(512, 400, 5), measured(1024, 300, 5)], MONTHLY)
    assert [size.advised_for for size in sizes] == [("dev", "staging", "prod"), ()]


def test_where_none_starts_in_time_prod_gets_the_fastest() -> None:
    sizes = price_sizes([measured(256, 3000, 5), measured(512, 2000, 5)], Expected(1e6, 0, "arm64"))
    assert [size.advised_for for size in sizes] == [("dev",), ("staging", "prod")]


@pytest.mark.parametrize("content", [None, "", "{}", '{"reports": {}}'])
def test_without_figures_nothing_is_planned(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "benchmarks.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NothingMeasuredError, match="has no benchmark of cold starts: make bench writes it"):
        read_sizes(path)


def test_the_command_shows_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--json", "--requests-a-month", "5000", "--cold-share", "0"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["load"] == {"requests_a_month": 5000.0, "cold_share": 0.0, "architecture": "arm64"}
    assert [size["memory_mb"] for size in report["sizes"]] == [one["memory_mb"] for one in read_sizes()]
    assert main(["plan"]) == 0
    assert "advised for" in capsys.readouterr().out
