"""A stated bearing's window timed, and its section of the page."""

from typing import Any

from build_scripts.benchmarks.bearing.benchmark import PARTS, benchmark_bearing
from build_scripts.benchmarks.bearing.page import render_bearing


def test_every_rate_has_the_times_of_every_part() -> None:
    report: dict[str, Any] = benchmark_bearing(quick=True)
    assert report["model"] == "any-bearing"
    assert list(report["latency_ms"]) == ["12000", "25600", "51200", "102400", "1000000"]
    for parts in report["latency_ms"].values():
        assert tuple(parts) == PARTS
        assert {one["calls"] for one in parts.values()} == {6}


def test_the_page_has_medians_and_the_shortest() -> None:
    parts = {name: {"p50_ms": 5.004, "min_ms": 4.5} for name in PARTS}
    text = render_bearing({"model": "any-bearing", "window_s": 2.0, "latency_ms": {"25600": parts}})
    assert "A window of 2 s of noise, with shaft speed and bearing, by any-bearing;" in text
    assert text.endswith("| 25.6 kHz | 5.00 (4.50) | 5.00 (4.50) | 5.00 (4.50) | 5.00 (4.50) |\n")
