"""The app's own tokens, for an app that has a sign-in and uses only the realtime half.

They are JSON Web Tokens with HMAC (HS256) and the claims of Centrifugo's connection and
subscription tokens, so that libraries for those can issue them. No I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from gatehouse.errors import InvalidToken, TokenExpired

ALGORITHM = "HS256"
"""The only accepted algorithm, whatever a token says (RFC 8725 section 3.1). Access tokens use
another one, which distinguishes the two kinds before either key is used."""

MAX_TOKEN = 8192
"""Maximum characters. ``info`` can be any JSON, and a frame has at most 32 KB."""

MAX_USER = 255
"""Maximum characters of a user's name."""

MIN_SECRET = 32
"""Minimum bytes of the secret that an operator sets: as long as the hash (RFC 7518 section 3.2)."""

MAX_TIME = 2**53
"""Exclusive maximum of the times in a token: every JSON parser reads smaller integers exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionClaims:
    """The claims of a connection token."""

    user_id: str
    """Empty for an anonymous user."""
    expires_at: int | None
    """Seconds since 1970. None if the connection does not expire."""
    info: object = None
    """Information about the user that is disclosed to other clients, any JSON."""
    channels: tuple[str, ...] = ()
    """The channels that the server subscribes the connection to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionClaims:
    """The claims of a subscription token."""

    user_id: str
    channel: str
    expires_at: int | None
    info: object = None


def is_app_token(token: str) -> bool:
    """Whether the token claims to be one of the app's own. Verifies nothing."""
    if len(token) > MAX_TOKEN:
        return False
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        return False
    return header.get("alg") == ALGORITHM and header.get("typ", "JWT") == "JWT"


def verify_connection(token: str, *, secret: bytes, now: int) -> ConnectionClaims:
    """Returns the claims of a connection token, once verified.

    Raises:
        TokenExpired: the token has a valid signature and has expired.
        InvalidToken: anything else is wrong with it, or it is a subscription token.
    """
    claims = _verified(token, secret, now)
    if "channel" in claims:
        raise InvalidToken
    return ConnectionClaims(
        user_id=_user(claims),
        expires_at=_end(claims),
        info=claims.get("info"),
        channels=_channels(claims),
    )


def verify_subscription(token: str, *, secret: bytes, now: int) -> SubscriptionClaims:
    """Returns the claims of a subscription token, once verified.

    Raises:
        TokenExpired: the token has a valid signature and has expired.
        InvalidToken: anything else is wrong with it, or it is a connection token.
    """
    claims = _verified(token, secret, now)
    channel = claims.get("channel")
    if not isinstance(channel, str) or not channel:
        raise InvalidToken
    return SubscriptionClaims(
        user_id=_user(claims),
        channel=channel,
        expires_at=_end(claims),
        info=claims.get("info"),
    )


def _verified(token: str, secret: bytes, now: int) -> Mapping[str, Any]:
    if not is_app_token(token) or not secret:
        raise InvalidToken
    try:
        # The library's own checks of times are off: they accept text and fractions, too.
        claims: dict[str, Any] = jwt.decode(
            token,
            key=secret,
            algorithms=[ALGORITHM],
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.PyJWTError:
        raise InvalidToken from None
    start, _, end = (_time(claims, name) for name in ("nbf", "iat", "exp"))
    if start is not None and start > now:
        raise InvalidToken
    for ending in (end, _end(claims)):
        if ending is not None and ending <= now:
            raise TokenExpired
    return claims


def _end(claims: Mapping[str, Any]) -> int | None:
    """Returns when the connection expires. ``expire_at`` overrides ``exp``. Its 0 means never."""
    if "expire_at" in claims:
        return _time(claims, "expire_at") or None
    return _time(claims, "exp")


def _time(claims: Mapping[str, Any], name: str) -> int | None:
    value = claims.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < MAX_TIME:
        raise InvalidToken
    return value


def _user(claims: Mapping[str, Any]) -> str:
    user = claims.get("sub", "")
    if not isinstance(user, str) or len(user) > MAX_USER:
        raise InvalidToken
    return user


def _channels(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the names in ``channels``, a list, and in ``subs``, an object keyed by name."""
    names, subs = claims.get("channels") or [], claims.get("subs") or {}
    if not isinstance(names, list) or not isinstance(subs, dict):
        raise InvalidToken
    if not all(isinstance(name, str) for name in names):
        raise InvalidToken
    return (*names, *subs)
