"""The plants of docs/capacity.md, planned anew: their figures follow the benchmarks, the prices and the stages."""

import argparse
import io
import re
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from build_scripts.build_cli.parser import ROOT
from build_scripts.palier_cli.main import cli_parser
from build_scripts.palier_cli.planning.command import planned
from build_scripts.palier_cli.planning.report import print_tables

PAGE = ROOT / "docs" / "capacity.md"
# What each plant is, and what is asked for it.
PLANTS: Mapping[str, str] = {
    "One pump a minute": "--rps 0.016667",
    "500 sensors every ten minutes, all within ten seconds": "--rps 0.8333 --pattern burst",
    "100,000 requests a second with the rhythm of a day": "--rps 100000 --pattern day",
}
_SECTION = re.compile(r"(?<=<!-- plants -->\n).*?(?=<!-- /plants -->)", re.DOTALL)
_WIDTH = 110


def with_plants(page: str) -> str:
    """Return a page whose section of plants is planned anew."""
    sections = (_section(title, options) for title, options in PLANTS.items())
    return _SECTION.sub(lambda _: "\n".join(sections), page)


def write_plants(path: Path = PAGE) -> None:
    """Plan the plants of the page anew."""
    path.write_text(with_plants(path.read_text()))


def _section(title: str, options: str) -> str:
    arguments: argparse.Namespace = cli_parser().parse_args(["plan", *options.split()])
    with io.StringIO() as text:
        print_tables(Console(file=text, width=_WIDTH), planned(arguments))
        lines = [line.rstrip() for line in text.getvalue().rstrip().splitlines()]
    block = "\n".join(f"    {line}" if line else "" for line in lines)
    return f"{title}, `palier plan {options}`:\n\n{block}\n"
