"""Tables of DynamoDB, and their items: plain values to attribute values, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.core.aws.clients import answering, dynamodb_client, error_code
from functions.core.aws.retry import tries

# What is stored of an item: text, numbers, booleans, None, and maps of texts or counts.
Value = str | int | float | bool | None | dict[str, str] | dict[str, int]
Item = dict[str, Value]
Attributes = dict[str, Any]

# Epoch seconds, in every item that is not kept for good.
EXPIRY_ATTRIBUTE = "expires_at"
_MOST_CONFLICTS = 5
_PAUSE_S = 0.01


@dataclass(frozen=True)
class TableKeys:
    """The keys of a table, and of its indexes by their names: partition, then sort; all strings."""

    keys: tuple[str, ...]
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class ConditionFailedError(Exception):
    """A condition of a write did not hold: somebody else was there first.

    reasons: of a transaction, the code of each of its writes, in order.
    """

    def __init__(self, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons

    def at(self, index: int) -> bool:
        """Whether it was the condition of this write of the transaction."""
        return index < len(self.reasons) and self.reasons[index] == "ConditionalCheckFailed"


def to_attributes(item: Mapping[str, Value]) -> Attributes:
    """Return an item as DynamoDB takes it; numbers keep every digit."""
    return {name: _to_attribute(value) for name, value in item.items()}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return an item of plain values."""
    return {name: _from_attribute(attribute) for name, attribute in attributes.items()}


def is_expired(item: Mapping[str, Value], now: float) -> bool:
    """Whether an item's time is over: DynamoDB deletes it only hours later."""
    expires_at = item.get(EXPIRY_ATTRIBUTE)
    return isinstance(expires_at, int | float) and expires_at <= now


def read_item(what: str, table: str, key: Attributes, now: float) -> Item | None:
    """Return an item as it is now, or None where there is none (any more).

    Args:
        what: names the table in an error.
        table: its name.
        key: of the item, as attributes.
        now: epoch seconds; an item whose time is over is none.

    Raises:
        DependencyUnavailableError: the table cannot be reached.
    """
    with answering(what):
        answer = dynamodb_client().get_item(TableName=table, Key=key, ConsistentRead=True)
    item = from_attributes(answer["Item"]) if "Item" in answer else None
    return None if item is None or is_expired(item, now) else item


def update(what: str, **request: Any) -> Item:
    """Update one item on a condition and return it as it is then.

    Raises:
        ConditionFailedError: the condition did not hold.
        DependencyUnavailableError: the table cannot be reached; `what` names it.
    """
    answer = _tried(what, lambda: dynamodb_client().update_item(ReturnValues="ALL_NEW", **request))
    return from_attributes(answer["Attributes"])


def transact(what: str, writes: list[dict[str, Any]]) -> None:
    """Do all writes or none.

    Raises:
        ConditionFailedError: a condition did not hold; `reasons` says whose.
        DependencyUnavailableError: the table cannot be reached; `what` names it.
    """
    _tried(what, lambda: dynamodb_client().transact_write_items(TransactItems=writes))  # type: ignore[arg-type]


def timestamp(now: float) -> str:
    """Return a time in epoch seconds as text that sorts as time does."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _tried(what: str, write: Any) -> Any:
    """Write; two transactions on one item at the same time are no failure, one of them goes first."""
    # Late: as boto3.
    from botocore.exceptions import ClientError

    with answering(what):
        for attempt in tries(_MOST_CONFLICTS, _PAUSE_S):
            try:
                return write()
            except ClientError as error:
                if attempt + 1 == _MOST_CONFLICTS or not _raise_unless_conflict(error):
                    raise
        raise AssertionError("unreachable")


def _raise_unless_conflict(error: Any) -> bool:
    code = error_code(error)
    if code == "ConditionalCheckFailedException":
        raise ConditionFailedError((code.removesuffix("Exception"),)) from None
    reasons = tuple(str(reason.get("Code")) for reason in error.response.get("CancellationReasons", ()))
    if "ConditionalCheckFailed" in reasons:
        raise ConditionFailedError(reasons) from None
    return code == "TransactionConflictException" or "TransactionConflict" in reasons


def _to_attribute(value: Value) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)}
        case dict():
            return {"M": to_attributes(dict(value))}


def _from_attribute(attribute: Mapping[str, Any]) -> Value:
    (kind, value), *_ = attribute.items()
    match kind:
        case "N":
            return float(value) if set(value) & set(".eE") else int(value)
        case "M":
            parts: Any = from_attributes(value)
            return parts  # type: ignore[no-any-return]
        case "NULL":
            return None
        case _:
            plain: Value = value
            return plain
