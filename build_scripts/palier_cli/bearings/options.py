"""Options that state how a machine ran: shaft speed, bearing, conditions."""

import argparse
from typing import Any

from build_scripts.palier_cli.arguments import parse_count, parse_name, parse_number
from build_scripts.palier_cli.terminal import printable
from functions.core.models.options import BEARING, SHAFT_SPEED

_HELP = {
    SHAFT_SPEED: "speed of the shaft: its lines, or with a bearing those of its faults, are evidence",
    "bearing": "designation, for example 6205: see `palier bearings`",
    "bpfo_order": "a bearing by hand: passes over the outer race in a turn of the shaft",
    "bpfi_order": "passes over the inner race",
    "bsf_order": "turns of a rolling element about itself (default: by the races)",
    "ftf_order": "turns of the cage (default: by the races)",
    "rolling_elements": "a bearing by its geometry: rolling elements of one row",
    "element_diameter": "in the unit of the pitch diameter",
    "pitch_diameter": "of the circle through the elements' centres",
    "contact_angle_deg": "default: 0",
}
_TYPES = {"bearing": parse_name, "rolling_elements": parse_count}


def add_operation_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that state how a machine ran."""
    group = parser.add_argument_group("how the machine ran")
    for name in (SHAFT_SPEED, *BEARING):
        group.add_argument(f"--{name.replace('_', '-')}", type=_TYPES.get(name, parse_number), help=_HELP[name])
    group.add_argument(
        "--condition",
        dest="conditions",
        type=_parse_condition,
        action="append",
        metavar="NAME=VALUE",
        help="a condition of operation that the model takes; once for each",
    )


def operation_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, by the names that they have in a request."""
    named = {name: getattr(arguments, name) for name in (SHAFT_SPEED, *BEARING)}
    given = {name: value for name, value in named.items() if value is not None}
    return given | ({"conditions": dict(arguments.conditions)} if arguments.conditions else {})


def _parse_condition(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{printable(text[:40])} is not NAME=VALUE")
    return parse_name(name), parse_number(value)
