"""The smallest possible Python function."""

from typing import Any


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Returns a constant response."""
    return {"statusCode": 200, "body": "{}"}
