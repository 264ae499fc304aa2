"""The refresh token of a page as a cookie: no script can read it, and no other site can send it."""

from collections.abc import Collection
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from gatehouse.errors import PermissionDenied
from gatehouse.headers import header
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
    token = _sent_value(event)
    if token is None:
        return None
    if (header(event, "origin") or "").rstrip("/") not in origins:
        raise PermissionDenied("Cookies are accepted only from allowed origins.")
    return token


def _sent_value(event: dict[str, Any]) -> str | None:
    """Returns the value of the first cookie with exactly our name, whatever the others are.

    API Gateway sends one pair an entry. Pairs in one text are split as browsers join them (RFC 6265
    section 5.4): a ``;`` ends a cookie, even between quotes. Only blanks and tabs around a pair are
    removed: browsers let any host of the site set a name that begins with another kind of space.
    """
    for sent in event.get("cookies") or [header(event, "cookie") or ""]:
        for pair in sent.split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if name == NAME and equals:
                return str(value)
    return None


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
