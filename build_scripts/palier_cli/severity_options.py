"""Options that state what the samples are and what the machine is, for its severity."""

import argparse
from typing import Any, get_args

from functions.core.preprocessing.indicators import Foundation
from functions.core.preprocessing.signal import Unit

_NAMES = ("unit", "machine_group", "foundation")


def add_severity_options(parser: argparse.ArgumentParser) -> None:
    """Add unit, machine group and foundation."""
    group = parser.add_argument_group("how severe the vibration is")
    group.add_argument("--unit", choices=get_args(Unit), help="of the samples (default: what the file says)")
    group.add_argument(
        "--machine-group", type=int, choices=(1, 2), help="of ISO 20816-3: 1 above 300 kW, 2 from 15 to 300 kW"
    )
    group.add_argument("--foundation", choices=get_args(Foundation), help="of the machine, for ISO 20816-3")


def severity_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, by the names that they have in a request."""
    named = {name: getattr(arguments, name) for name in _NAMES}
    return {name: value for name, value in named.items() if value is not None}
