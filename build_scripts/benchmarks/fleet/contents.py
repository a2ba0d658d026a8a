"""The contents of a history in the end: its items by partition, their sizes, and when they expire."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from build_scripts.benchmarks.fleet.units import item_bytes
from build_scripts.errors import BuildError
from functions.core.assets.history_table import ASSETS, KEYS
from functions.core.aws.dynamodb import EXPIRY_ATTRIBUTE, from_attributes

# Of the assets, whose diagnoses are read; those of the others are counted.
_READ_EVERY = 20


@dataclass
class Contents:
    """A table's items.

    Args:
        items: by partition key.
        asset_bytes: sizes of the summaries of all assets.
        diagnosis_bytes: sizes of the diagnoses that were read.
        kept_s: the shortest and the longest time from a recording to the expiry of its diagnosis.
        counted: diagnoses that the summaries of the assets have counted.
    """

    items: Counter[str] = field(default_factory=Counter)
    asset_bytes: list[int] = field(default_factory=list)
    diagnosis_bytes: list[int] = field(default_factory=list)
    kept_s: tuple[float, float] = (math.inf, 0.0)
    counted: int = 0

    @property
    def of_diagnoses(self) -> list[int]:
        """Items in each partition of an asset."""
        return [count for name, count in self.items.items() if name != ASSETS]


def contents_of(client: Any, table: str, assets: Sequence[str]) -> Contents:
    """Count all items, and read every summary and the diagnoses of some assets.

    Args:
        client: of DynamoDB.
        table: its name.
        assets: names of all that have a history.

    Raises:
        BuildError: the table does not let items expire, or one has no time to.
    """
    _check_expiry(client, table)
    found = Contents(_items_by_partition(client, table))
    for item in _items(client, table, ASSETS):
        found.asset_bytes.append(item_bytes(item))
        found.counted += int(item["diagnoses"]["N"])
        _expiry(item)
    for name in assets[::_READ_EVERY]:
        _read(client, table, name, found)
    return found


def _items_by_partition(client: Any, table: str) -> Counter[str]:
    # One scan: a query for each partition looks at the whole table each time in moto.
    pages = client.get_paginator("scan").paginate(TableName=table, ProjectionExpression=KEYS.keys[0])
    return Counter(item[KEYS.keys[0]]["S"] for page in pages for item in page["Items"])


def _read(client: Any, table: str, name: str, found: Contents) -> None:
    for item in _items(client, table, name):
        recorded_at = datetime.fromisoformat(item[KEYS.keys[1]]["S"].partition("#")[0])
        kept_s = _expiry(item) - recorded_at.timestamp()
        found.diagnosis_bytes.append(item_bytes(item))
        found.kept_s = (min(found.kept_s[0], kept_s), max(found.kept_s[1], kept_s))


def _expiry(item: Mapping[str, Any]) -> int:
    """Return when an item expires, in epoch seconds; DynamoDB overlooks what is no number."""
    expires_at = from_attributes(item).get(EXPIRY_ATTRIBUTE)
    if not isinstance(expires_at, int):
        keys = " of ".join(item[key]["S"] for key in reversed(KEYS.keys))
        raise BuildError(f"The item {keys} has no time to expire: {EXPIRY_ATTRIBUTE} is {expires_at!r}.")
    return expires_at


def _check_expiry(client: Any, table: str) -> None:
    found = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if found != {"TimeToLiveStatus": "ENABLED", "AttributeName": EXPIRY_ATTRIBUTE}:
        raise BuildError(f"The table {table} does not let items expire by {EXPIRY_ATTRIBUTE}: {found}.")


def _items(client: Any, table: str, partition: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression=f"{KEYS.keys[0]} = :partition",
        ExpressionAttributeValues={":partition": {"S": partition}},
    )
    for page in pages:
        yield from page["Items"]
