"""Read the headers of API Gateway's events, whatever the case of their names."""

from collections.abc import Mapping
from typing import Any


def header(event: Mapping[str, Any], name: str) -> str | None:
    """Returns the value of a header, or None if it was not sent.

    Names are case-insensitive (RFC 9110 section 5.1): AWS writes most of them in lower case, other
    gateways as the client did. Values under several spellings are joined like those of a repeated
    header (section 5.3), so that none of them hides another.

    Args:
        name: in lower case.
    """
    headers: Mapping[str, str] = event.get("headers") or {}
    values = [value for key, value in headers.items() if key.lower() == name]
    return ", ".join(values) if values else None
