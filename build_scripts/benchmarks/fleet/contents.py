"""What a history holds in the end: its items by partition, their sizes, and when they expire."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from build_scripts.benchmarks.fleet.units import item_bytes
from build_scripts.errors import BuildError
from functions.core.assets.history_table import ASSETS, KEYS
from functions.core.aws.dynamodb import EXPIRY_ATTRIBUTE, from_attributes


@dataclass
class Contents:
    """A table's items.

    Args:
        items: by partition key.
        size_bytes: the same.
        kept_s: the shortest and the longest time from a recording to the expiry of its diagnosis.
        counted: diagnoses that the summaries of the assets have counted.
    """

    items: Counter[str] = field(default_factory=Counter)
    size_bytes: Counter[str] = field(default_factory=Counter)
    kept_s: tuple[float, float] = (math.inf, 0.0)
    counted: int = 0

    def mean_bytes(self, *, of_assets: bool) -> float:
        """Return the mean size of a summary of an asset, or of a diagnosis."""
        partitions = [name for name in self.items if (name == ASSETS) is of_assets]
        return sum(self.size_bytes[name] for name in partitions) / sum(self.items[name] for name in partitions)

    @property
    def of_diagnoses(self) -> list[int]:
        """Items in each partition of an asset."""
        return [count for name, count in self.items.items() if name != ASSETS]


def contents_of(client: Any, table: str) -> Contents:
    """Read a whole table.

    Args:
        client: of DynamoDB.
        table: its name.

    Raises:
        BuildError: the table does not let items expire, or one has no time to.
    """
    _check_expiry(client, table)
    found = Contents()
    for item in _items(client, table):
        values = from_attributes(item)
        partition, place = (str(values[key]) for key in KEYS.keys)
        expires_at = values.get(EXPIRY_ATTRIBUTE)
        if not isinstance(expires_at, int):
            raise BuildError(
                f"The item {place} of {partition} has no time to expire: {EXPIRY_ATTRIBUTE} is {expires_at!r}."
            )
        found.items[partition] += 1
        found.size_bytes[partition] += item_bytes(item)
        if partition == ASSETS:
            found.counted += int(str(values["diagnoses"]))
        else:
            kept_s = expires_at - datetime.fromisoformat(place.partition("#")[0]).timestamp()
            found.kept_s = (min(found.kept_s[0], kept_s), max(found.kept_s[1], kept_s))
    return found


def _check_expiry(client: Any, table: str) -> None:
    found = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if found != {"TimeToLiveStatus": "ENABLED", "AttributeName": EXPIRY_ATTRIBUTE}:
        raise BuildError(f"The table {table} does not let items expire by {EXPIRY_ATTRIBUTE}: {found}.")


def _items(client: Any, table: str) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator("scan").paginate(TableName=table):
        yield from page["Items"]
