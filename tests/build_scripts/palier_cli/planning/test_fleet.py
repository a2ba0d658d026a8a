"""The history of a fleet: its units, its limits and its price."""

import json
from dataclasses import replace

import pytest

from build_scripts.palier_cli.main import main
from build_scripts.palier_cli.planning.fleet import (
    Fleet,
    KeepingUnits,
    MeasuredHistory,
    measured_history,
    plan_fleet,
)
from build_scripts.palier_cli.planning.memory_sizes import MEASURED, NothingMeasuredError
from cdk.reports.cost import prices
from cdk.stages import STAGES
from functions.core.errors import InvalidOptionError

HISTORY = MeasuredHistory(KeepingUnits(8, 6, 1), KeepingUnits(2.25, 0.25, 0.04), 25, 5.5, 100, 350, 2150)
# A diagnosis of each asset every hundred seconds.
FLEET = Fleet(assets=1_000, diagnoses=864_000, kept_days=1)
COMMAND = ["plan", "--assets", "10000", "--diagnoses", "100000000"]


def test_units_a_second_are_those_of_its_diagnoses() -> None:
    assert FLEET.per_second == 10
    plan = plan_fleet(FLEET, HISTORY)
    assert (plan.alone.write_units_per_s, plan.alone.assets_write_units_per_s) == (80, 60)
    assert plan.alone.asset_write_units_per_s == pytest.approx(0.02)
    assert (plan.together.write_units_per_s, plan.together.assets_write_units_per_s) == (22.5, 2.5)


def test_the_limit_that_is_met_first_is_that_of_the_partition_of_all_assets_unless_diagnoses_come_together() -> None:
    plan = plan_fleet(FLEET, HISTORY)
    assert plan.alone.most_per_s_factor * FLEET.per_second == pytest.approx(1000 / 6)
    assert plan.together.most_per_s_factor * FLEET.per_second == pytest.approx(1000 / 0.25)
    # A single asset: its own partition.
    one = plan_fleet(replace(FLEET, assets=1), HISTORY)
    assert one.together.most_per_s_factor * FLEET.per_second == pytest.approx(1000 / 2)


def test_costs_are_those_of_the_table_of_prices() -> None:
    plan, price = plan_fleet(FLEET, HISTORY), prices()
    million = 8 * price["million"]["write"]["usd"] + price["million"]["read"]["usd"]
    assert plan.alone.usd_million == million
    assert plan.alone.usd_month == pytest.approx(million * 25.92)
    stored_gb = (864_000 * 450 + 1_000 * 2250) / 2**30
    assert plan.stored_gb == pytest.approx(stored_gb)
    assert plan.stored_usd_month == pytest.approx(stored_gb * price["stored"]["table_gb"]["usd"])
    assert plan.backup_usd_month == pytest.approx(stored_gb * price["stored"]["backup_gb"]["usd"])
    assert plan.page_usd_million == 5.5 * price["million"]["read"]["usd"]
    assert plan.asset_items == 864
    assert plan.asset_mb == pytest.approx(864 * 350 / 1e6)


@pytest.mark.parametrize(("assets", "diagnoses"), [(0, 10), (10, 9), (0, 0)])
def test_a_fleet_that_cannot_be_is_refused(assets: int, diagnoses: int) -> None:
    with pytest.raises(InvalidOptionError, match="has at least as many diagnoses"):
        Fleet(assets, diagnoses, 30)


def test_it_is_planned_with_what_was_measured_and_with_nothing_else() -> None:
    units = {"write_units": 8.0, "assets_write_units": 6.0, "read_units": 1.0}
    found = {
        "alone": units,
        "together": {**units, "write_units": 2.25},
        "pages": {"history": {"items": 100, "read_units": 5.5}},
        "diagnosis_bytes": 350.0,
        "asset_bytes": 2150.0,
    }
    measured = measured_history({"fleet": {"in_a_batch": 25, "services": {"moto": found}}})
    assert (measured.alone, measured.together.write_units, measured.page_items) == (KeepingUnits(8, 6, 1), 2.25, 100)
    with pytest.raises(NothingMeasuredError, match="benchmark --fleet --write docs"):
        measured_history({})


def test_the_command_prints_both_ways_of_keeping(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(COMMAND) == 0
    printed = capsys.readouterr().out
    assert "10,000 assets, 100,000,000 diagnoses in the history, each kept 1,095 days: 1.06 a second" in printed
    assert "one by one  in batches of 25" in printed


def test_the_command_gives_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--stage", "dev", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    plan = plan_fleet(
        Fleet(10_000, 100_000_000, STAGES["dev"].retention.history_days),
        measured_history(json.loads(MEASURED.read_text())["reports"]),
    )
    assert found["per_second"] == plan.fleet.per_second == pytest.approx(1e8 / 30 / 86_400)
    assert found["alone"]["usd_month"] == plan.alone.usd_month
    assert found["alone"]["most_per_s"] == pytest.approx(1000 / plan.measured.alone.assets_write_units)


def test_a_fleet_without_diagnoses_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--assets", "10"]) == 2
    assert "give --assets and --diagnoses" in capsys.readouterr().err
