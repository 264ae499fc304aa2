"""The least that a Python function can be."""

from typing import Any


def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers, and does nothing else."""
    return {"statusCode": 200, "body": "{}"}
