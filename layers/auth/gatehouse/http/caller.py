"""Who is calling: the access token of a request, and the device it comes from."""

from typing import TYPE_CHECKING, Any

from gatehouse.errors import InvalidToken, MissingToken
from gatehouse.identity import Device, Identity

if TYPE_CHECKING:
    from gatehouse.backend.root import Backend

MAX_USER_AGENT = 256
"""Characters of a User-Agent that are worth keeping."""


def identify(backend: "Backend", event: dict[str, Any]) -> Identity:
    """The caller that the ``Authorization`` header proves (RFC 6750 section 2.1); no other place
    for a token is looked at.

    Raises:
        MissingToken: no credentials, or those of another scheme.
        InvalidToken: the token does not prove anybody.
    """
    scheme, _, token = event["headers"].get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise MissingToken
    if not token.strip():
        raise InvalidToken
    return backend.keys.verify_access(token.strip())


def device(event: dict[str, Any]) -> Device:
    """Where the request comes from, as API Gateway saw it: never from X-Forwarded-For."""
    http = event["requestContext"]["http"]
    agent = http.get("userAgent") or ""
    shown = "".join(char for char in agent if char.isprintable())
    return Device(http.get("sourceIp") or "", shown[:MAX_USER_AGENT])
