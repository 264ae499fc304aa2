"""Identify the caller of a request by its access token, and the device that it was sent from."""

from typing import TYPE_CHECKING, Any

from gatehouse.errors import InvalidToken, MissingToken
from gatehouse.headers import header
from gatehouse.identity import Device, Identity

if TYPE_CHECKING:
    from gatehouse.backend.root import Backend

MAX_USER_AGENT = 256
"""Characters of a User-Agent that are stored."""


def identify(backend: "Backend", event: dict[str, Any]) -> Identity:
    """Returns the caller whom the ``Authorization`` header identifies (RFC 6750 section 2.1).

    Tokens in any other place are ignored.

    Raises:
        MissingToken: there are no credentials, or credentials of another scheme.
        InvalidToken: the access token is not valid.
    """
    scheme, _, token = (header(event, "authorization") or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise MissingToken
    if not token.strip():
        raise InvalidToken
    return backend.keys.verify_access(token.strip())


def device(event: dict[str, Any]) -> Device:
    """Returns where the request was sent from, as seen by API Gateway: never X-Forwarded-For."""
    http = event["requestContext"]["http"]
    agent = http.get("userAgent") or ""
    shown = "".join(char for char in agent if char.isprintable())
    return Device(http.get("sourceIp") or "", shown[:MAX_USER_AGENT])
