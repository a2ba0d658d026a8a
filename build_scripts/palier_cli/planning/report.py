"""A plan as tables and sentences for a person, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from build_scripts.palier_cli.planning.plan import Plan, Way
from build_scripts.palier_cli.planning.ways import KEEP_S, UTILIZATION
from cdk.reports.cost import TITLES


def print_plan(console: Console, plan: Plan) -> None:
    """Print a plan, and what it rests on."""
    print_tables(console, plan)
    console.print(
        "\nFrom a simulation with a seed. Times: measured on one machine in the local Lambda, the container without a "
        f"GPU (docs/benchmarks.md); an idle instance is taken to be kept {KEEP_S / 60:g} minutes, {UTILIZATION:.0%} of "
        "what is always there to be busy at the busiest. Prices: us-east-1, cdk/prices.toml, no free tier; what a "
        "stage costs while idle comes on top (docs/deploy.md).",
        style="dim",
    )


def print_tables(console: Console, plan: Plan) -> None:
    """Print the tables of a plan, and what follows from them."""
    size = plan.stage.sizes["inference"]
    busiest = _figure(plan.load.rate * plan.load.peak)
    console.print(
        f"{plan.load.rate:,g} requests a second ({plan.load.pattern}, at most {busiest}), "
        f"{plan.windows} window{'s' if plan.windows > 1 else ''} each; stage {plan.stage.name}: "
        f"{plan.stage.architecture}, {size.memory_mb} MB\n"
    )
    console.print(_ways(plan))
    console.print(_costs(plan))
    console.print(_limits(plan))
    for way in plan.ways[1:]:
        console.print(f"{way.name}: {_break_even(plan, way)}")
    if any(one.bites for one in plan.limits):
        console.print(
            "Red limits refuse a part of this load; the costs are those of all of it, with these limits raised."
        )


def as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as one JSON object; a rate that is never reached is null."""
    size = plan.stage.sizes["inference"]
    return {
        "load": asdict(plan.load),
        "windows": plan.windows,
        "stage": plan.stage.name,
        "architecture": plan.stage.architecture,
        "memory_mb": size.memory_mb,
        "ways": [_way_as_json(plan, way) for way in plan.ways],
        "limits": [asdict(one) | {"bites": one.bites} for one in plan.limits],
    }


def as_drawn(plan: Plan, rates: Sequence[float]) -> dict[str, Any]:
    """Return a plan as one JSON object, with titles of what costs, and what each way costs a month at some rates."""
    document = as_json(plan)
    for way, drawn in zip(plan.ways, document["ways"], strict=True):
        drawn["usd_million"] = {TITLES[name]: usd for name, usd in way.million.items()}
        drawn["usd_month_at_rates"] = [way.month_at(rate) for rate in rates]
    return document


def _way_as_json(plan: Plan, way: Way) -> dict[str, Any]:
    return {
        "name": way.name,
        **asdict(way.simulated),
        "instances": way.instances,
        "usd_million": way.million,
        "usd_fixed_month": way.fixed_at(plan.load.rate),
        "usd_month": way.month_at(plan.load.rate),
        "cheaper_from_rps": plan.cheaper_from(way) if way is not plan.ways[0] else None,
    }


def _ways(plan: Plan) -> Table:
    table = columns_of("", *(way.name for way in plan.ways))
    rows = {
        "always there": [f"{way.instances:,}" for way in plan.ways],
        "busy on average": [f"{way.simulated.mean_at_once:,.3g}" for way in plan.ways],
        "most at once": [f"{way.simulated.most_at_once:,}" for way in plan.ways],
        "cold starts": [_share(way.simulated.cold_share) for way in plan.ways],
        "refused by the rate limit": [_share(way.simulated.throttled_share) for way in plan.ways],
        "refused for want of instances": [_share(way.simulated.refused_share) for way in plan.ways],
    }
    for index, name in enumerate(("50 %", "95 %", "99 %")):
        rows[f"latency ms, {name}"] = [f"{way.simulated.percentiles_ms[index]:,.2f}" for way in plan.ways]
    for title, cells in rows.items():
        table.add_row(title, *cells)
    return table


def _costs(plan: Plan) -> Table:
    table = columns_of("US dollars", *(way.name for way in plan.ways))
    names = [name for name in TITLES if any(way.million.get(name) for way in plan.ways)]
    for name in names:
        table.add_row(f"a million: {TITLES[name]}", *(f"{way.million.get(name, 0):,.2f}" for way in plan.ways))
    rate = plan.load.rate
    table.add_row("a million: all", *(f"{sum(way.million.values()):,.2f}" for way in plan.ways))
    table.add_row("a month: always there", *(f"{way.fixed_at(rate):,.2f}" for way in plan.ways))
    table.add_row("a month: all", *(f"{way.month_at(rate):,.2f}" for way in plan.ways), style="bold")
    return table


def _limits(plan: Plan) -> Table:
    table = columns_of("limit", "most", "this load", "refuses from, a second")
    table.add_column("of")
    for one in plan.limits:
        style = "bold red" if one.bites else None
        table.add_row(
            one.name, _figure(one.most), _figure(one.needs), _figure(one.bites_from_rps, 3), one.where, style=style
        )
    return table


def columns_of(first: str, *columns: str) -> Table:
    """Return an empty table of a title and figures."""
    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _figure(value: float, digits: int = 4) -> str:
    """Return a figure of so many digits, thousands apart and without a power of ten, but for the smallest."""
    return f"{float(f'{value:.{digits}g}'):,.15g}"


def _share(share: float) -> str:
    return "0" if share == 0 else (f"{share:.2%}" if share >= 1e-4 else f"{share:.0e}")


def _break_even(plan: Plan, way: Way) -> str:
    rate = plan.cheaper_from(way)
    if rate is None:
        return "at no rate cheaper than on demand with this pattern"
    return f"cheaper than on demand from {_figure(rate, 3)} requests a second on average"
