"""A meter of DynamoDB: the units that a client's calls take, counted from the items they write and read."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from build_scripts.benchmarks.fleet.units import item_bytes, read_units, transaction_units, write_units

_EVENTS = {
    "provide-client-params.dynamodb.TransactWriteItems": "_transaction",
    "after-call.dynamodb.UpdateItem": "_update",
    "after-call.dynamodb.GetItem": "_item",
    "after-call.dynamodb.Query": "_query",
}


@dataclass
class Usage:
    """Units of a time.

    Args:
        written: write units by partition key.
        read: read units.
    """

    written: Counter[str] = field(default_factory=Counter)
    read: float = 0.0

    def add(self, other: "Usage") -> None:
        """Add the units of another time."""
        self.written.update(other.written)
        self.read += other.read


class Meter:
    """Counts the calls of one client, whose calls come one after the other."""

    def __init__(self, partition_key: str) -> None:
        self._partition_key = partition_key
        self._usage = Usage()

    def take(self) -> Usage:
        """Return what was used since the last time, and begin anew."""
        taken, self._usage = self._usage, Usage()
        return taken

    def _transaction(self, params: Mapping[str, Any], **_: object) -> None:
        for write in params["TransactItems"]:
            item = write["Put"]["Item"]
            self._usage.written[self._partition(item)] += transaction_units(item_bytes(item))

    def _update(self, parsed: Mapping[str, Any], **_: object) -> None:
        if item := parsed.get("Attributes"):
            self._usage.written[self._partition(item)] += write_units(item_bytes(item))

    def _item(self, parsed: Mapping[str, Any], **_: object) -> None:
        # The project reads single items as they are now: functions/core/aws/dynamodb.py.
        self._usage.read += read_units(item_bytes(parsed.get("Item", {})), consistent=True)

    def _query(self, parsed: Mapping[str, Any], **_: object) -> None:
        self._usage.read += read_units(sum(map(item_bytes, parsed["Items"])), consistent=False)

    def _partition(self, item: Mapping[str, Any]) -> str:
        return str(item[self._partition_key]["S"])


@contextmanager
def metering(client: Any, partition_key: str) -> Iterator[Meter]:
    """Count what a client of boto3 does.

    Args:
        client: of DynamoDB.
        partition_key: name of the key by which writes are counted apart.
    """
    meter = Meter(partition_key)
    handlers: dict[str, Callable[..., None]] = {event: getattr(meter, name) for event, name in _EVENTS.items()}
    for event, handler in handlers.items():
        client.meta.events.register(event, handler)
    try:
        yield meter
    finally:
        for event, handler in handlers.items():
            client.meta.events.unregister(event, handler)
