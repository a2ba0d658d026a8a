"""The plans of docs/capacity.md, made anew: their figures follow the benchmarks, the prices and the stages."""

import argparse
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from build_scripts.build_cli.parser import ROOT
from build_scripts.palier_cli.main import cli_parser
from build_scripts.palier_cli.planning.command import planned, planned_fleet
from build_scripts.palier_cli.planning.fleet_report import print_fleet_tables
from build_scripts.palier_cli.planning.report import print_tables

PAGE = ROOT / "docs" / "capacity.md"
# Each plant, and the options of its plan.
PLANTS: Mapping[str, str] = {
    "One pump a minute": "--rps 0.016667",
    "500 sensors every ten minutes, all within ten seconds": "--rps 0.8333 --pattern burst",
    "100,000 requests a second with the rhythm of a day": "--rps 100000 --pattern day",
}
# And a history.
FLEET = {"Ten thousand assets, a hundred million diagnoses": "--assets 10000 --diagnoses 100000000"}
_WIDTH = 110

Print = Callable[[Console, argparse.Namespace], None]


def with_plans(page: str) -> str:
    """Return a page whose sections of plants and of a fleet are planned anew."""
    return _with(_with(page, "plants", PLANTS, _print_plant), "fleet", FLEET, _print_fleet)


def write_plans(path: Path = PAGE) -> None:
    """Plan the plants and the fleet of the page anew."""
    path.write_text(with_plans(path.read_text()))


def _with(page: str, mark: str, plans: Mapping[str, str], printed: Print) -> str:
    sections = "\n".join(_section(title, options, printed) for title, options in plans.items())
    return re.sub(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", lambda _: sections, page, flags=re.DOTALL)


def _section(title: str, options: str, printed: Print) -> str:
    arguments: argparse.Namespace = cli_parser().parse_args(["plan", *options.split()])
    with io.StringIO() as text:
        printed(Console(file=text, width=_WIDTH), arguments)
        lines = [line.rstrip() for line in text.getvalue().rstrip().splitlines()]
    block = "\n".join(f"    {line}" if line else "" for line in lines)
    return f"{title}, `palier plan {options}`:\n\n{block}\n"


def _print_plant(console: Console, arguments: argparse.Namespace) -> None:
    print_tables(console, planned(arguments))


def _print_fleet(console: Console, arguments: argparse.Namespace) -> None:
    print_fleet_tables(console, planned_fleet(arguments))
