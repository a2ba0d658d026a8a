"""A soak of seconds through both servers; its figures, its page and its plot."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from build_scripts.benchmarks.benchmark_page import render_benchmarks
from build_scripts.benchmarks.container_load.load import Post
from build_scripts.benchmarks.soak import benchmark
from build_scripts.benchmarks.soak.benchmark import Effort, run_soak
from build_scripts.benchmarks.soak.buckets import growth_mb, summarize
from build_scripts.benchmarks.soak.kinds import Kind
from build_scripts.benchmarks.soak.open_loop import BROKEN, Observed, saturation
from build_scripts.benchmarks.soak.page import PLOT, render_soak
from build_scripts.benchmarks.soak.plot import draw_soak

# Requests a second.
SATURATION = 300.0


@pytest.fixture(scope="module")
def report(shipped_models: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(benchmark, "BUCKETS", 3)
        # Far below saturation, and the same requests whatever it is: the machine of a test has other things to do.
        patched.setattr(benchmark, "SHARE", 0.1)
        patched.setattr(benchmark, "saturation", lambda *given: saturation(*given) and SATURATION)
        return run_soak(shipped_models, "journal-bearing", Effort(1.5, 0.3, 0.1))


def test_both_servers_answer_every_kind_as_they_should(report: dict[str, Any]) -> None:
    assert list(report["servers"]) == ["local_server", "container"]
    for server in report["servers"].values():
        assert (server["errors"], server["refused"]) == (0, 0)
        assert (server["saturation_per_s"], server["offered_per_s"]) == (SATURATION, pytest.approx(0.1 * SATURATION))
        assert server["requests"] == sum(one["requests"] for one in server["kinds"].values()) > 0
        assert server["requests"] == sum(one["requests"] for one in server["buckets"])
        assert len(server["kinds"]) == 10
        assert [one["until_s"] for one in server["buckets"]] == [0.5, 1.0, 1.5]
        # A server has loaded the model.
        assert all(50 < one["memory_mb"] < 600 for one in server["buckets"])
        assert 0 < server["p50_ms"] <= server["p95_ms"] <= server["p99_ms"] <= server["slowest_ms"]


def test_it_is_a_section_of_the_page_with_its_plot(report: dict[str, Any], tmp_path: Path) -> None:
    page = render_benchmarks({"date": "2026-11-30", "reports": {"soak": report}})
    assert "\n## A soak under load\n\n`python -m build_scripts benchmark --soak`\n\nEach server for " in page
    assert f"]({PLOT})" in page
    assert render_soak(report).count("| `local_server.py` |") == 1 + 10
    assert ET.parse(draw_soak(report, tmp_path)).getroot().tag.endswith("svg")
    assert (tmp_path / PLOT).exists()


def observed() -> tuple[Observed, list[Kind]]:
    post = Post("", (), b"")
    found = Observed()
    for due_s, latency_s, kind, status in (
        (0.1, 0.010, 0, 200),
        (0.2, 0.030, 0, 200),
        (0.7, 0.020, 1, 400),
        (1.2, 0.5, 0, 429),
        (1.3, 0.5, 0, 500),
        (1.4, 30.0, 1, BROKEN),
        (1.9, 0.040, 1, 200),
    ):
        found.add(due_s, latency_s, kind, status)
    return found, [Kind("good", 1, post), Kind("bad", 1, post, 400)]


def test_an_answer_is_right_by_its_kind_and_only_right_ones_have_a_latency() -> None:
    found = summarize(*observed(), bucket_s=1.0, memory_mb=[100.0, 110.0])
    assert (found["requests"], found["refused"], found["errors"]) == (7, 1, 3)
    assert found["p50_ms"] == pytest.approx(20)
    assert found["slowest_ms"] == pytest.approx(30)
    assert found["kinds"]["bad"]["errors"] == 2
    first, second = found["buckets"]
    assert (first["requests"], first["errors"], first["memory_mb"]) == (3, 0, 100.0)
    assert first["p99_ms"] == pytest.approx(np.percentile([10, 20, 30], 99))
    assert (second["requests"], second["refused"], second["errors"], second["p50_ms"]) == (4, 1, 3, None)


def test_growth_is_counted_after_a_fifth_of_the_time() -> None:
    assert growth_mb([50.0, 90.0, 100.0, 101.0, 99.0, 100.0, 102.0, 100.0, 103.0, 104.0]) == 4.0
    assert growth_mb([80.0]) == 0.0
