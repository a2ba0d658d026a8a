"""Loads, what they meet in a stage, what they cost, which limits bite."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from build_scripts.palier_cli.arguments import STAGE_NAMES
from build_scripts.palier_cli.main import main
from build_scripts.palier_cli.planning import load as loads
from build_scripts.palier_cli.planning.fleet import KeepingUnits, MeasuredHistory
from build_scripts.palier_cli.planning.load import MOST_REQUESTS, Load, windows
from build_scripts.palier_cli.planning.plan import Measured, Plan, container_per_s, make_plan, million_of
from build_scripts.palier_cli.planning.report import as_json
from build_scripts.palier_cli.planning.service_times import ServiceTimes
from build_scripts.palier_cli.planning.ways import in_container, in_function, weighted_percentiles
from cdk.reports.cost import prices
from cdk.stage_parts import Throttle
from cdk.stages import STAGES, StageName
from functions.core.errors import InvalidOptionError
from functions.core.settings import DAY_S

OPEN = Throttle(rate_per_s=math.inf, burst=10**9)
TIMES = ServiceTimes((0.0, 0.5, 0.95, 0.99), (0.001, 0.002, 0.003, 0.004), start_s=0.25)
HISTORY = MeasuredHistory(KeepingUnits(8, 6, 1), KeepingUnits(2.25, 0.25, 0.04), 25, 5.5, 100, 350, 2150)
MEASURED = Measured(TIMES, 600.0, HISTORY)


@pytest.fixture
def short_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twentieth of the requests, for what does not rest on how many are simulated."""
    monkeypatch.setattr(loads, "MOST_REQUESTS", MOST_REQUESTS // 20)
    monkeypatch.setattr(loads, "_WANTED_REQUESTS", loads._WANTED_REQUESTS // 20)


def planned(load: Load, stage: StageName = "prod", **changes: Any) -> Plan:
    return make_plan(load, replace(STAGES[stage], **changes), 1, MEASURED)


@pytest.mark.parametrize("pattern", ["constant", "day", "burst"])
def test_every_pattern_has_the_rate_that_was_asked(pattern: Any) -> None:
    load = Load(3.0, pattern)
    period = load.segments()
    assert sum(one.requests for one in period) / sum(one.duration_s for one in period) == pytest.approx(3.0)
    assert load.peak == pytest.approx({"constant": 1, "day": 1 + np.cos(np.pi / 24), "burst": 60}[pattern])


@pytest.mark.parametrize("pattern", ["constant", "day", "burst"])
@pytest.mark.parametrize("rate", [1 / 60, 2.0, 100_000.0])
def test_a_simulation_stands_for_its_load_with_at_most_a_million_requests(pattern: Any, rate: float) -> None:
    found = list(windows(Load(rate, pattern), seed=3))
    seen = sum(len(one.arrivals_s) for one in found)
    lasted = sum(one.duration_s + one.gap_s for one in found)
    assert seen <= MOST_REQUESTS * 1.01
    assert sum(one.weight * len(one.arrivals_s) for one in found) / lasted == pytest.approx(rate, rel=0.05)
    assert lasted <= 30 * DAY_S
    assert all((np.diff(one.arrivals_s) >= 0).all() for one in found)


@pytest.mark.usefixtures("short_simulation")
def test_the_same_seed_is_the_same_plan() -> None:
    assert as_json(planned(Load(20.0))) == as_json(planned(Load(20.0)))
    assert in_function(Load(20.0), TIMES, OPEN, 9, seed=1) != in_function(Load(20.0), TIMES, OPEN, 9, seed=2)


@pytest.mark.parametrize(("rate", "every", "within"), [(0, 600, 10), (math.inf, 600, 10), (1, 10, 20), (1, 1e6, 1)])
def test_a_load_that_cannot_be_is_refused(rate: float, every: float, within: float) -> None:
    with pytest.raises(InvalidOptionError):
        Load(rate, "burst", every, within)


def test_times_are_those_that_were_measured() -> None:
    latency = {"min_ms": 1.0, "p50_ms": 2.0, "p95_ms": 3.0, "p99_ms": 4.0}
    size = {"warm": {"latency_ms": latency}, "cold": {"init_ms": 250.0}}
    assert ServiceTimes.measured(size, 1) == TIMES
    drawn = TIMES.draw(np.random.default_rng(1), 100_000)
    assert np.percentile(drawn, [50, 95, 99]) * 1e3 == pytest.approx([2, 3, 4], rel=0.02)
    assert drawn.mean() == pytest.approx(TIMES.mean_s, rel=0.01)
    assert ServiceTimes.measured(size, 3).mean_s == pytest.approx(3 * TIMES.mean_s)


def test_percentiles_count_each_latency_as_often_as_it_stands_for() -> None:
    latency, weights = np.array([0.3, 0.001, 0.002]), np.array([1.0, 60.0, 39.0])
    assert weighted_percentiles(latency, weights) == pytest.approx((1.0, 2.0, 2.0))
    assert weighted_percentiles(latency, np.ones(3)) == pytest.approx((2.0, 300.0, 300.0))


def test_a_rare_request_always_meets_a_start_and_a_frequent_one_hardly_ever() -> None:
    rare = in_function(Load(1 / 7200), TIMES, OPEN, 100)
    assert rare.cold_share == pytest.approx(math.exp(-600 / 7200), abs=0.05)
    assert rare.percentiles_ms[0] > 250
    often = in_function(Load(50.0), TIMES, OPEN, 100)
    assert 0 <= often.cold_share < 1e-3
    assert often.percentiles_ms == pytest.approx((2, 3, 4), rel=0.05)
    assert often.mean_at_once == pytest.approx(50 * TIMES.mean_s, rel=0.05)


def test_what_the_rate_limit_refuses_is_what_is_above_it() -> None:
    found = in_function(Load(40.0), TIMES, Throttle(rate_per_s=10, burst=10), 100)
    assert found.throttled_share == pytest.approx(0.75, abs=0.01)
    assert found.refused_share == 0


def test_a_container_that_is_busy_makes_requests_wait() -> None:
    # One server, 80 % busy, each request of 10 ms: half of 10 ms x 0.8 / 0.2 on average (M/D/1).
    found = in_container(Load(80.0), 0.01, 1)
    assert found.mean_at_once == pytest.approx(0.8, rel=0.03)
    assert found.percentiles_ms[0] > 10
    assert found.percentiles_ms[2] > 40


def test_costs_are_those_of_the_table_of_prices() -> None:
    stage, price = STAGES["prod"], prices()["million"]
    costs = million_of(stage, MEASURED, cold_share=0.1)
    gigabytes = stage.sizes["inference"].memory_mb / 1024
    assert costs["compute"] == pytest.approx((3 + 0.1 * 250) * 1e3 * gigabytes * price["arm64_gb_s"]["usd"])
    assert (costs["api"], costs["function"]) == (price["api"]["usd"], price["function"]["usd"])
    assert costs["history"] == 8 * price["write"]["usd"] + 1 * price["read"]["usd"]
    plan = planned(Load(10.0))
    on_demand, provisioned, container = plan.ways
    assert on_demand.month_at(10.0) == pytest.approx(sum(on_demand.million.values()) * 10 * 2.592)
    assert on_demand.fixed_at(1e6) == 0
    assert provisioned.instances == math.ceil(10 * TIMES.mean_s / 0.7)
    assert container.instances == 1
    assert container.fixed_at(600.0) - container.fixed_at(1.0) == pytest.approx(
        prices()["gpu_hour"]["g5.xlarge"]["usd"] * 720
    )


@pytest.mark.usefixtures("short_simulation")
def test_the_break_even_is_where_the_costs_meet() -> None:
    plan = planned(Load(1.0))
    on_demand, _, container = plan.ways
    rate = plan.cheaper_from(container)
    assert rate is not None
    assert container.month_at(rate) < on_demand.month_at(rate)
    assert container.month_at(rate * 0.97) > on_demand.month_at(rate * 0.97)


@pytest.mark.usefixtures("short_simulation")
def test_limits_bite_in_the_order_of_their_rates() -> None:
    plan = planned(Load(60.0), "prod")
    assert [one.bites_from_rps for one in plan.limits] == sorted(one.bites_from_rps for one in plan.limits)
    assert {one.name: one.bites for one in plan.limits if one.where == "stage"} == {
        "web ACL, requests a second of one key": True,
        "API Gateway, requests a second of a method": False,
        "instances of the function": False,
    }
    assert not any(one.bites for one in planned(Load(1 / 60)).limits)
    assert {one.name for one in planned(Load(100_000.0)).limits if one.bites and one.where == "account"} >= {
        "API Gateway, requests a second",
        "history, write units a second",
        "history, write units of one partition",
    }


@pytest.mark.usefixtures("short_simulation")
def test_a_history_meets_its_limits_by_the_units_of_a_diagnosis() -> None:
    found = {one.name: one for one in planned(Load(100.0)).limits}
    table, partition = (found[f"history, write units {which}"] for which in ("a second", "of one partition"))
    assert (table.needs, table.bites_from_rps, table.bites) == (800, 5000, False)
    assert partition.needs == 600
    assert partition.bites_from_rps == pytest.approx(1000 / 6)


def test_the_container_is_planned_with_what_was_measured() -> None:
    cells = [
        {"server": "batched", "body": "json", "clients": 1, "per_second": 500},
        {"server": "batched", "body": "json", "clients": 64, "per_second": 700},
        {"server": "batched", "body": "binary", "clients": 64, "per_second": 3000},
    ]
    assert container_per_s({"serving": {"cells": cells}}) == 700


@pytest.mark.parametrize(
    "options",
    [["--rps", "0.0167"], ["--rps", "0.8333", "--pattern", "burst"], ["--rps", "100000", "--pattern", "day"]],
)
def test_the_command_plans_three_plants(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *options, "--stage", "prod", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found["ways"]] == ["on demand", "provisioned", "container"]
    assert all(one["usd_month"] > 0 for one in found["ways"])
    assert (found["stage"], found["memory_mb"]) == ("prod", STAGES["prod"].sizes["inference"].memory_mb)


@pytest.mark.usefixtures("short_simulation")
def test_the_command_prints_tables_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "plan.svg"
    assert main(["plan", "--rps", "200", "--memory", "1024", "--architecture", "x86_64", "--plot", str(plot)]) == 0
    printed = capsys.readouterr().out
    assert "stage prod: x86_64, 1024 MB" in printed
    assert "Red limits refuse a part of this load" in printed
    assert ET.parse(plot).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rps", "0"], "A load has a rate above 0"),
        (["--rps", "1", "--memory", "300"], "No figures of 300 MB: measured are 256, 512"),
        (["--rps", "1", "--pattern", "burst", "--burst-within-s", "700"], "A burst of 700 s cannot come every 600 s"),
        (["--rps", "1", "--plot", "/nowhere/plan.svg"], "/nowhere/plan.svg cannot be written"),
    ],
)
def test_what_cannot_be_planned_is_reported(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *options]) == 2
    assert words in capsys.readouterr().err


def test_the_command_line_has_the_stages_that_there_are() -> None:
    assert tuple(STAGES) == STAGE_NAMES
