"""The least a handler can be."""

from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer 200."""
    return {"statusCode": 200, "headers": {}, "body": "{}", "isBase64Encoded": False}
