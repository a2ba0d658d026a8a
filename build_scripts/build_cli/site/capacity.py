"""The plans of docs/capacity.md and of the page, made anew: they follow the benchmarks, the prices and the stages."""

import argparse
import io
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from rich.console import Console

from build_scripts.build_cli.parser import ROOT
from build_scripts.palier_cli.main import cli_parser
from build_scripts.palier_cli.planning.command import planned, planned_fleet
from build_scripts.palier_cli.planning.fleet_report import print_fleet_tables
from build_scripts.palier_cli.planning.plan import RATES, Plan
from build_scripts.palier_cli.planning.report import as_drawn, print_tables

PAGE = ROOT / "docs" / "capacity.md"
# The plans that the Service view shows; the dashboard's function has this file.
SHOWN = ROOT / "functions" / "dashboard" / "plans.json"
# Each plant, and the options of its plan.
PLANTS: Mapping[str, str] = {
    "One pump a minute": "--rps 0.016667",
    "500 sensors every ten minutes, all within ten seconds": "--rps 0.8333 --pattern burst",
    "100,000 requests a second with the rhythm of a day": "--rps 100000 --pattern day",
}
# And a history.
FLEET = {"Ten thousand assets, a hundred million diagnoses": "--assets 10000 --diagnoses 100000000"}
_WIDTH = 110
# The rates that the page draws are every tenth of those at which the ways are compared.
_DRAWN_RATES = RATES[::10]
_DIGITS = 4

Print = Callable[[Console, str], None]


def with_plans(page: str) -> str:
    """Return a page whose sections of plants and of a fleet are planned anew."""
    return _with(_with(page, "plants", PLANTS, _print_plant), "fleet", FLEET, _print_fleet)


def shown_plans() -> str:
    """Return the plants' plans as the Service view reads them, JSON.

    The figures have four digits, so that they are the same on every machine.
    """
    plans = [_shown(title, options) for title, options in PLANTS.items()]
    document = _rounded({"rates_per_s": _DRAWN_RATES, "plans": plans})
    return json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n"


def write_plans() -> None:
    """Plan the plants and the fleet anew."""
    PAGE.write_text(with_plans(PAGE.read_text()))
    SHOWN.write_text(shown_plans())


def _shown(title: str, options: str) -> dict[str, Any]:
    return {"title": title, "command": f"palier plan {options}", **as_drawn(_plan_of(options), _DRAWN_RATES)}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


@cache
def _plan_of(options: str) -> Plan:
    """Return a plant's plan; the largest takes seconds, and both the documentation and the page show it."""
    return planned(_arguments(options))


def _with(page: str, mark: str, plans: Mapping[str, str], printed: Print) -> str:
    sections = "\n".join(_section(title, options, printed) for title, options in plans.items())
    return re.sub(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", lambda _: sections, page, flags=re.DOTALL)


def _section(title: str, options: str, printed: Print) -> str:
    with io.StringIO() as text:
        printed(Console(file=text, width=_WIDTH), options)
        lines = [line.rstrip() for line in text.getvalue().rstrip().splitlines()]
    block = "\n".join(f"    {line}" if line else "" for line in lines)
    return f"{title}, `palier plan {options}`:\n\n{block}\n"


def _print_plant(console: Console, options: str) -> None:
    print_tables(console, _plan_of(options))


def _print_fleet(console: Console, options: str) -> None:
    print_fleet_tables(console, planned_fleet(_arguments(options)))


def _arguments(options: str) -> argparse.Namespace:
    return cli_parser().parse_args(["plan", *options.split()])
