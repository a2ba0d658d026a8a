"""The arguments of `palier keys`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from build_scripts.palier_cli import keys
from build_scripts.palier_cli.arguments import STAGE_NAMES, parse_number
from functions.core.keys.keys import SCOPES

_GRACE_DAYS = 7.0
# A century: beyond it, dates would overflow.
_MOST_DAYS = 36_500


def add_keys(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `keys` and the commands below it."""
    parser = commands.add_parser(
        "keys",
        help="create, list, revoke and rotate a stage's API keys",
        description="The API keys of a stage, in AWS Secrets Manager; only their hashes are stored.",
    )
    below = parser.add_subparsers(required=True, metavar="ACTION")
    create = _add(below, "create", "make a key and show it once", keys.create)
    create.add_argument("--name", required=True, type=_name, help="whose key it is")
    create.add_argument(
        "--scope", action="append", choices=SCOPES, default=None, help="may be repeated; default: all of them"
    )
    _add_expiry(create)
    _add(below, "list", "list the keys by id, without their hashes", keys.list_keys)
    revoke = _add(below, "revoke", "remove a key", keys.revoke)
    revoke.add_argument("id", metavar="ID", help="as `palier keys list` shows it")
    rotate = _add(below, "rotate", "make a key in place of another, which ends after a grace period", keys.rotate)
    rotate.add_argument("id", metavar="ID", help="of the key to replace")
    rotate.add_argument(
        "--grace-days", type=_days, default=_GRACE_DAYS, help="how long the old key still works (default: %(default)g)"
    )
    _add_expiry(rotate)


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--stage", required=True, choices=STAGE_NAMES)
    parser.add_argument("--local", action="store_true", help="embedded AWS services on this machine instead of AWS")
    parser.add_argument("--data-dir", type=Path, default=keys.LOCAL_DATA, help="for --local: where their state is kept")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def _add_expiry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--expires-in-days", type=_days, help="default: it does not end by itself")


def _days(text: str) -> float:
    days = parse_number(text)
    if not 0 <= days <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{days:g} is not between 0 and {_MOST_DAYS} days")
    return days


def _name(text: str) -> str:
    if not 1 <= len(text.strip()) <= 100 or not text.isprintable():
        raise argparse.ArgumentTypeError("a name has 1 to 100 printable characters")
    return text.strip()
