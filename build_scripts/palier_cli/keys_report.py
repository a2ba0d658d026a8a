"""API keys for the terminal."""

from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from build_scripts.palier_cli.terminal import printable, write
from functions.core.keys.keys import ApiKey, KeyRing


def as_json(key: ApiKey, now: datetime | None = None) -> dict[str, Any]:
    """Return what may be shown of a stored key: everything but its hash; with a time, also its state then."""
    shown = {name: value for name, value in msgspec.to_builtins(key).items() if name != "sha256"}
    return shown | ({"state": _state(key, now)} if now else {})


def print_new_key(key: str, stored: ApiKey, stage: str, replaced: ApiKey | None = None) -> None:
    """Print a key, the only time that it is seen."""
    ends = f"; it ends {_time(stored.expires_at)}" if stored.expires_at else ""
    lines = [
        f"API key of {stored.name!r} for stage {stage}, shown this once:\n\n    {key}\n",
        f"Its id is {stored.id}, its scopes are {', '.join(stored.scopes)}{ends}.",
    ]
    if replaced is not None:
        lines.append(f"It replaces {replaced.id}, which ends {_time(replaced.expires_at)}.")
    write("\n".join(lines) + "\n")


def print_keys(console: Console, ring: KeyRing, now: datetime) -> None:
    """Print a table of keys."""
    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "scopes", "created", "ends", ""):
        table.add_column(column, no_wrap=True)
    for key in ring.keys:
        table.add_row(
            key.id,
            printable(key.name),
            ", ".join(key.scopes),
            _time(key.created_at),
            _time(key.expires_at),
            _state(key, now),
        )
    console.print(table)


def _state(key: ApiKey, now: datetime) -> str:
    if key.is_expired(now):
        return "expired"
    return "active" if key.expires_at is None else "expiring"


def _time(when: datetime | None) -> str:
    return "never" if when is None else f"{when:%Y-%m-%d %H:%M} UTC"
