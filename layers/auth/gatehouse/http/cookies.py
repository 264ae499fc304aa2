"""The refresh token as a cookie of pages: no script can read it, no other site can send it."""

from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from gatehouse.errors import PermissionDenied
from gatehouse.stores.sessions import ABSOLUTE_LIFE

NAME = "__Host-refresh"
"""The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis section 4.1.3)."""


def refresh_cookie(token: str) -> Cookie:
    """The cookie that carries a refresh token, for as long as the longest session."""
    return _cookie(token, ABSOLUTE_LIFE)


def no_refresh_cookie() -> Cookie:
    """The cookie that takes it away."""
    return _cookie("", 0)


def read_refresh_token(event: dict[str, Any], origins: Collection[str]) -> str | None:
    """The refresh token that a page's cookie brings along, if it does.

    SameSite keeps other sites out, but not other hosts of the same site: so the origin has to be
    one of those that may call.

    Raises:
        PermissionDenied: the cookie comes with another origin, or with none.
    """
    jar = SimpleCookie()
    try:
        jar.load("; ".join(event.get("cookies", [])))
    except CookieError:
        return None
    morsel = jar.get(NAME)
    if morsel is None:
        return None
    if event["headers"].get("origin", "").rstrip("/") not in origins:
        raise PermissionDenied("Cookies are taken from allowed origins only.")
    return morsel.value


def _cookie(value: str, life: int) -> Cookie:
    return Cookie(
        NAME,
        value,
        path="/",
        secure=True,
        http_only=True,
        max_age=life,
        same_site=SameSite.STRICT_MODE,
    )
