from pathlib import Path
from typing import Any

import pytest

from build_scripts.benchmarks.networks import benchmark
from build_scripts.benchmarks.networks.benchmark import Arm, benchmark_networks, over_best_plain
from build_scripts.benchmarks.networks.cases import Effort
from build_scripts.benchmarks.networks.page import render_networks
from build_scripts.benchmarks.networks.zoo import ZOO
from build_scripts.measuring.latency import Budget, Latency
from build_scripts.measuring.machine import machine

TINY = Effort(records=16, steps=20, windows=8, small=True, variants=("static-minmax",))


def arm(speedup: float, *, equal: bool = True) -> Arm:
    return Arm(Latency.of([1.0]), 10, 0.5, speedup, 1.0 if equal else 0.6, 1.0, equal)


def test_what_is_kept_is_held_to_the_fastest_plain_file_of_equal_answers() -> None:
    arms = {"fp32": arm(1.0), "kept": arm(2.0), "plain_dynamic": arm(1.6), "plain_static": arm(4.0, equal=False)}
    assert over_best_plain(arms) == pytest.approx(1.25)


def test_float32_is_held_to_it_where_nothing_else_is_kept() -> None:
    assert over_best_plain({"fp32": arm(1.0), "plain_dynamic": arm(0.5)}) == pytest.approx(2.0)


def test_where_no_plain_file_is_right_there_is_nothing_to_hold_it_to() -> None:
    assert over_best_plain({"fp32": arm(1.0), "kept": arm(2.0), "plain_dynamic": arm(3.0, equal=False)}) is None


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(benchmark, "QUICK", TINY)
    monkeypatch.setattr(benchmark, "QUICK_TIMING", Budget(seconds=0.0, least=1))
    return benchmark_networks({"several-heads": ZOO["several-heads"]}, quick=True)


def test_a_network_is_built_and_timed_beside_plain_files(report: dict[str, Any], tmp_path: Path) -> None:
    one = report["networks"]["several-heads"]
    assert one["label"] == "CNN, several heads"
    assert set(one["arms"]) - {"kept"} == {"fp32", *report["plain"]} - set(one["failed"])
    assert one["arms"]["fp32"]["speedup"] == 1.0
    assert one["arms"]["fp32"]["agreement"] == 1.0
    assert (one["precision"], one["variant"]) in {("int8", "static-minmax"), ("fp32", None)}
    assert 0.0 <= one["accuracy"]["fp32"]["record"] <= 1.0
    assert "\n| CNN, several heads | " in render_networks(report)
    assert (report["machine"], report["threads"], report["batch"]) == (machine(), 1, 1)
