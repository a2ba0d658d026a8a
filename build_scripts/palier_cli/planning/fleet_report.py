"""A plan of a fleet's history as tables for a person, and as JSON."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from build_scripts.palier_cli.planning.fleet import FleetPlan, Keeping
from build_scripts.palier_cli.planning.limits import PARTITION_WRITES_A_SECOND, TABLE_WRITES_A_SECOND
from build_scripts.palier_cli.planning.report import columns_of


def print_fleet(console: Console, plan: FleetPlan) -> None:
    """Print a plan, and what it rests on."""
    print_fleet_tables(console, plan)
    console.print(
        "\nFrom units that were counted from the items of a smaller fleet (docs/benchmarks.md). Prices: us-east-1, "
        "cdk/prices.toml, no free tier; items that expire are deleted without cost.",
        style="dim",
    )


def print_fleet_tables(console: Console, plan: FleetPlan) -> None:
    """Print the tables of a plan."""
    fleet = plan.fleet
    console.print(
        f"{fleet.assets:,} assets, {fleet.diagnoses:,} diagnoses in the history, each kept {fleet.kept_days:,} days: "
        f"{fleet.per_second:,.3g} a second\n"
    )
    console.print(_keeping(plan))
    console.print(_holding(plan))


def fleet_as_json(plan: FleetPlan) -> dict[str, Any]:
    """Return a plan as one JSON object."""
    ways = {"alone": plan.alone, "together": plan.together}
    more = {name: asdict(way) | {"most_per_s": _most(plan, way)} for name, way in ways.items()}
    return asdict(plan) | {"per_second": plan.fleet.per_second} | more


def _keeping(plan: FleetPlan) -> Table:
    table = columns_of("kept", "one by one", f"in batches of {plan.measured.in_a_batch}", "most")
    rows = (
        ("write units a second", "write_units_per_s", f"{TABLE_WRITES_A_SECOND:,}"),
        ("of them in the partition of all assets", "assets_write_units_per_s", f"{PARTITION_WRITES_A_SECOND:,}"),
        ("of them in the partition of one asset", "asset_write_units_per_s", f"{PARTITION_WRITES_A_SECOND:,}"),
    )
    for title, name, most in rows:
        table.add_row(title, *(f"{getattr(way, name):,.3g}" for way in (plan.alone, plan.together)), most)
    table.add_row("diagnoses a second that meet a limit", *(f"{_most(plan, way):,.0f}" for way in _ways(plan)), "")
    table.add_row("US dollars, a million diagnoses", *(f"{way.usd_million:,.2f}" for way in _ways(plan)), "")
    table.add_row("US dollars, a month", *(f"{way.usd_month:,.2f}" for way in _ways(plan)), "")
    return table


def _holding(plan: FleetPlan) -> Table:
    table = columns_of("held", "")
    rows = {
        "GB in the table": f"{plan.stored_gb:,.1f}",
        "diagnoses in the partition of one asset": f"{plan.asset_items:,.0f}",
        "their MB": f"{plan.asset_mb:,.1f}",
        "US dollars, a month: the table": f"{plan.stored_usd_month:,.2f}",
        "US dollars, a month: restoring to any second": f"{plan.backup_usd_month:,.2f}",
        f"US dollars, a million pages of {plan.measured.page_items} diagnoses": f"{plan.page_usd_million:,.2f}",
    }
    for title, figure in rows.items():
        table.add_row(title, figure)
    return table


def _ways(plan: FleetPlan) -> tuple[Keeping, Keeping]:
    return plan.alone, plan.together


def _most(plan: FleetPlan, way: Keeping) -> float:
    return plan.fleet.per_second * way.most_per_s_factor
