"""The refresh token of a page as a cookie: no script can read it, and no other site can send it."""

from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from gatehouse.errors import PermissionDenied
from gatehouse.stores.sessions import ABSOLUTE_LIFE

NAME = "__Host-refresh"
"""The prefix makes browsers require Secure, Path=/ and no Domain (RFC 6265bis section 4.1.3)."""


def refresh_cookie(token: str) -> Cookie:
    """Returns the cookie that carries a refresh token. It lasts as long as the longest session."""
    return _cookie(token, ABSOLUTE_LIFE)


def no_refresh_cookie() -> Cookie:
    """Returns the cookie that deletes the refresh token from the browser."""
    return _cookie("", 0)


def read_refresh_token(event: dict[str, Any], origins: Collection[str]) -> str | None:
    """Returns the refresh token in the cookie, if there is one.

    SameSite keeps out other sites, but not other hosts of the same site. So the origin must be one
    of the allowed ones.

    Raises:
        PermissionDenied: the cookie was sent from another origin, or without one.
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
        raise PermissionDenied("Cookies are accepted only from allowed origins.")
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
