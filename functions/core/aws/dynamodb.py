"""Items of DynamoDB: reads, conditional writes, transactions, and plain values to attribute values and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.core.aws.clients import dynamodb_client, error_code, reporting_unavailable
from functions.core.aws.retry import tries

# A value of an item: text, a number, a boolean, None, or a map of texts or counts.
Value = str | int | float | bool | None | dict[str, str] | dict[str, int]
Item = dict[str, Value]
Attributes = dict[str, Any]

# Epoch seconds, in every item that is not kept for good.
EXPIRY_ATTRIBUTE = "expires_at"
_MOST_CONFLICTS = 5
_PAUSE_S = 0.01


@dataclass(frozen=True)
class TableKeys:
    """The key attributes of a table and of its indexes by name: partition key, then sort key; all strings."""

    keys: tuple[str, ...]
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class ConditionFailedError(Exception):
    """A condition of a write that did not hold, because another writer was first.

    reasons: of a transaction, the code of each of its writes, in order.
    """

    def __init__(self, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons

    def at(self, index: int) -> bool:
        """Whether the condition of this write of the transaction did not hold."""
        return index < len(self.reasons) and self.reasons[index] == "ConditionalCheckFailed"


def to_attributes(item: Mapping[str, Value]) -> Attributes:
    """Return an item as DynamoDB's attribute values; numbers keep every digit."""
    return {name: _to_attribute(value) for name, value in item.items()}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """Return DynamoDB's attribute values as an item of plain values."""
    return {name: _from_attribute(attribute) for name, attribute in attributes.items()}


def is_expired(item: Mapping[str, Value], now: float) -> bool:
    """Whether an item has expired: DynamoDB deletes it only hours later."""
    expires_at = item.get(EXPIRY_ATTRIBUTE)
    return isinstance(expires_at, int | float) and expires_at <= now


def read_item(what: str, table: str, key: Attributes, now: float) -> Item | None:
    """Return an item as it is now, or None where there is none (any more).

    Args:
        what: names the table in an error.
        table: its name.
        key: of the item, as attributes.
        now: epoch seconds; an expired item counts as none.

    Raises:
        DependencyUnavailableError: the table cannot be reached.
    """
    with reporting_unavailable(what):
        answer = dynamodb_client().get_item(TableName=table, Key=key, ConsistentRead=True)
    item = from_attributes(answer["Item"]) if "Item" in answer else None
    return None if item is None or is_expired(item, now) else item


def update(what: str, **request: Any) -> Item:
    """Update one item on a condition and return the updated item.

    Raises:
        ConditionFailedError: the condition did not hold.
        DependencyUnavailableError: the table cannot be reached; `what` names it.
    """
    answer = _tried(what, lambda: dynamodb_client().update_item(ReturnValues="ALL_NEW", **request))
    return from_attributes(answer["Attributes"])


def transact(what: str, writes: list[dict[str, Any]]) -> None:
    """Do all writes of a transaction or none.

    Raises:
        ConditionFailedError: a condition did not hold; `reasons` has the code of each write.
        DependencyUnavailableError: the table cannot be reached; `what` names it.
    """
    _tried(what, lambda: dynamodb_client().transact_write_items(TransactItems=writes))  # type: ignore[arg-type]


def timestamp(now: float) -> str:
    """Return a time in epoch seconds as ISO 8601 text, which sorts as times do."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _tried(what: str, write: Any) -> Any:
    """Write, and write again where another transaction on the same item was under way."""
    # Late: as boto3.
    from botocore.exceptions import ClientError

    with reporting_unavailable(what):
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
