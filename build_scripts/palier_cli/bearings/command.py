"""`palier bearings`: the catalogue in the terminal."""

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.table import Table

from build_scripts.palier_cli.arguments import parse_name
from build_scripts.palier_cli.terminal import screen, write_json
from functions.core.bearings.catalogue import CatalogueRow, read_catalogue, search_bearings


def add_bearings(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bearings`."""
    parser = commands.add_parser(
        "bearings",
        help="list bearings that are known by their designation",
        description="List the bearings of the catalogue, with their fault orders: multiples of the speed of the shaft.",
    )
    parser.add_argument("text", nargs="?", type=parse_name, default="", help="a part of a designation, or a kind")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with sources")
    parser.set_defaults(run=_bearings)


def _bearings(arguments: argparse.Namespace) -> int:
    rows = search_bearings(arguments.text)
    if arguments.json:
        write_json({"bearings": [_document(row) for row in rows], "total": len(read_catalogue().bearings)})
    else:
        with screen() as console:
            console.print(_table(rows))
    return 0


def _document(row: CatalogueRow) -> dict[str, Any]:
    orders = {f"{name}_order": round(value, 5) for name, value in msgspec.to_builtins(row.orders()).items()}
    kind = {"designation": row.designation, "aliases": row.aliases, "kind": row.kind}
    return kind | {"rolling_elements": row.rolling_elements} | orders | {"source": read_catalogue().sources[row.source]}


def _table(rows: Sequence[CatalogueRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("bearing", no_wrap=True)
    table.add_column("kind")
    for name in ("elements", "BPFO", "BPFI", "BSF", "FTF"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("also called", overflow="fold")
    for row in rows:
        orders = row.orders()
        figures = (f"{value:.4f}" for value in (orders.bpfo, orders.bpfi, orders.bsf, orders.ftf))
        table.add_row(row.designation, row.kind, str(row.rolling_elements), *figures, ", ".join(row.aliases))
    return table
