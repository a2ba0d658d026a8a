"""The rules by which DynamoDB counts: the size of an item, and the units of reads and writes.

Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html and
docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_KIB = 1024
_READ_KIB = 4
# A transaction prepares each write before it commits it.
_TRANSACTION = 2
_MAP_BYTES, _MEMBER_BYTES = 3, 1


def item_bytes(attributes: Mapping[str, Any]) -> int:
    """Return the size of an item of attribute values, names included."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in attributes.items())


def transaction_units(size_bytes: int) -> int:
    """Return the write units of one item in a transaction."""
    return _TRANSACTION * write_units(size_bytes)


def write_units(size_bytes: int) -> int:
    """Return the write units of one item."""
    return max(1, math.ceil(size_bytes / _KIB))


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Return the read units of an item, or of all items of a query, which are added up before they are rounded."""
    units = max(1, math.ceil(size_bytes / (_READ_KIB * _KIB)))
    return units if consistent else units / 2


def _value_bytes(value: Mapping[str, Any]) -> int:
    (kind, content), *_ = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits = len(Decimal(content).normalize().as_tuple().digits)
            return math.ceil(digits / 2) + 1
        case "M":
            return _MAP_BYTES + item_bytes(content) + _MEMBER_BYTES * len(content)
        case "NULL" | "BOOL":
            return 1
        case _:
            raise ValueError(f"An attribute of type {kind} has no size here; add its rule.")
