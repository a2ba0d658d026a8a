"""Versions of a stage's functions: rollback to the versions before, and deletion of old versions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cdk.account.session import AccountError
from cdk.functions import FUNCTIONS
from cdk.resource_names import ALIAS, resource_name
from cdk.stages import Stage

# One deployment publishes all of its versions within this time; an older version is of an earlier deployment.
_ONE_DEPLOYMENT = timedelta(minutes=10)
_LATEST = "$LATEST"


@dataclass(frozen=True)
class Published:
    """The published versions of one function, oldest first, each with its time; `live` is the one in use."""

    function: str
    live: int
    versions: tuple[tuple[int, datetime], ...]

    @property
    def live_since(self) -> datetime:
        """The time at which the live version was published."""
        return dict(self.versions)[self.live]

    @property
    def before(self) -> int | None:
        """The version before the live one."""
        return max((number for number, _ in self.versions if number < self.live), default=None)


@dataclass(frozen=True)
class Move:
    """A move of a function's alias from one version to another."""

    function: str
    old: int
    new: int


def roll_back(stage: Stage, session: Any, names: Sequence[str] = ()) -> list[Move]:
    """Move the aliases of the functions that were deployed last to the versions before.

    Args:
        stage: of the functions.
        session: of boto3.
        names: short names of functions; by default those that were deployed last.

    Raises:
        AccountError: a function has no version before; then no alias has moved.
    """
    client = session.client("lambda")
    found = [_published(client, resource_name(stage.name, spec.name)) for spec in FUNCTIONS]
    newest = max(one.live_since for one in found)
    functions = {resource_name(stage.name, name) for name in names}
    chosen = [
        one for one in found if (one.function in functions if names else newest - one.live_since <= _ONE_DEPLOYMENT)
    ]
    moves = [Move(one.function, one.live, _required(one)) for one in chosen]
    for move in moves:
        # This removes the weights of a shift that may be under way.
        client.update_alias(
            FunctionName=move.function,
            Name=ALIAS,
            FunctionVersion=str(move.new),
            RoutingConfig={"AdditionalVersionWeights": {}},
        )
    return moves


def prune(stage: Stage, session: Any) -> list[tuple[str, int]]:
    """Delete the oldest versions of a stage's functions, so that the live one and as many as the stage keeps are left.

    Returns the deleted versions, each as function name and number.
    """
    client = session.client("lambda")
    deleted = []
    for spec in FUNCTIONS:
        one = _published(client, resource_name(stage.name, spec.name))
        for number in _too_old(one, stage.versions_kept):
            client.delete_function(FunctionName=one.function, Qualifier=str(number))
            deleted.append((one.function, number))
    return deleted


def _too_old(one: Published, kept: int) -> Iterator[int]:
    older = [number for number, _ in one.versions if number < one.live]
    # Versions newer than the live one belong to a deployment that was rolled back, or to one under way.
    yield from older[: max(len(older) - kept, 0)]


def _required(one: Published) -> int:
    if one.before is None:
        raise AccountError(
            f"{one.function} has no version before {one.live}: deploy the older commit (docs/deploy.md, Rolling back)."
        )
    return one.before


def _published(client: Any, function: str) -> Published:
    try:
        live = int(client.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"])
    except client.exceptions.ResourceNotFoundException:
        raise AccountError(f"There is no {function}:{ALIAS} in this account and region: deploy the stage.") from None
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    listed = [one for page in pages for one in page["Versions"] if one["Version"] != _LATEST]
    versions = sorted((int(one["Version"]), _time(one["LastModified"])) for one in listed)
    return Published(function, live, tuple(versions))


def _time(text: str) -> datetime:
    # As Lambda writes it: 2026-11-30T09:00:00.000+0000.
    return datetime.fromisoformat(text)
