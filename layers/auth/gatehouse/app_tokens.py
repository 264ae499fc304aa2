"""Tokens of the app's own: for an app that has a sign-in, and wants the realtime half alone.

JSON Web Tokens with HMAC (HS256) and the claims of Centrifugo's connection and subscription tokens,
so that the libraries that make those make ours. No I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from gatehouse.errors import InvalidToken, TokenExpired

ALGORITHM = "HS256"
"""The one that is taken, whatever a token says (RFC 8725 section 3.1). Access tokens have another,
and are told apart by it before either key is used."""

MAX_TOKEN = 8192
"""Characters; ``info`` is anything, and a frame has 32 KB."""

MAX_USER = 255
"""Characters of a user's name."""

MIN_SECRET = 32
"""Bytes of the secret that an operator sets (RFC 7518 section 3.2: as long as the hash)."""

MAX_TIME = 2**53
"""No time of a token is beyond what every JSON parser can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionClaims:
    """What a connection token says."""

    user_id: str
    """Empty: nobody in particular."""
    expires_at: int | None
    """Seconds since 1970; None: the connection does not expire."""
    info: object = None
    """What others are told of the user, any JSON."""
    channels: tuple[str, ...] = ()
    """The channels that the connection is put in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionClaims:
    """What a subscription token says."""

    user_id: str
    channel: str
    expires_at: int | None
    info: object = None


def is_app_token(token: str) -> bool:
    """Whether the token claims to be one of these; nothing is verified yet."""
    if len(token) > MAX_TOKEN:
        return False
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        return False
    return header.get("alg") == ALGORITHM and header.get("typ", "JWT") == "JWT"


def verify_connection(token: str, *, secret: bytes, now: int) -> ConnectionClaims:
    """What a connection token proves.

    Raises:
        TokenExpired: it was good until it expired.
        InvalidToken: anything else is wrong with it; also if it is a subscription token.
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
    """What a subscription token proves.

    Raises:
        TokenExpired: it was good until it expired.
        InvalidToken: anything else is wrong with it; also if it is a connection token.
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
        # What the library checks of times it takes from text and fractions, too.
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
    """``expire_at`` takes the place of ``exp`` for the life of the connection; 0 is for ever."""
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
    """``channels`` is a list of names, ``subs`` an object with names as its keys."""
    names, subs = claims.get("channels") or [], claims.get("subs") or {}
    if not isinstance(names, list) or not isinstance(subs, dict):
        raise InvalidToken
    if not all(isinstance(name, str) for name in names):
        raise InvalidToken
    return (*names, *subs)
