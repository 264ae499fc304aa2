"""Access tokens and refresh tokens: their contents, and how they are issued and verified. No I/O.

Access tokens are JSON Web Tokens as in RFC 9068. Any service can verify them with the published
keys. Refresh tokens are read only by Gatehouse: each is a position in a session, authenticated with
a secret key.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt

from gatehouse.errors import InvalidGrant, InvalidToken, TokenExpired
from gatehouse.identity import Identity, is_id, new_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ACCESS_LIFE = 900
"""Seconds for which an access token is valid. A stolen token works at most this long, and so does a
token of a revoked session, wherever only the token is checked."""

LEEWAY = 30
"""Seconds by which the clocks of two machines may differ."""

MAX_TOKEN = 4096
"""Maximum characters. Issued tokens have about 900. A longer one is refused before any work."""

_REQUIRED = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "sid"]


@dataclass(frozen=True, slots=True)
class Party:
    """The names that issuer and verifier of an access token agree on."""

    issuer: str
    audience: str
    client_id: str


def issue_access(
    user_id: str,
    session_id: str,
    *,
    party: Party,
    kid: str,
    key: "RSAPrivateKey",
    now: int,
    auth_time: int,
) -> str:
    """Returns an access token as profiled in RFC 9068, valid for ``ACCESS_LIFE`` seconds.

    Args:
        auth_time: when the user gave the password, in seconds since 1970 (OpenID Connect Core 2).
    """
    claims = {
        "iss": party.issuer,
        "sub": user_id,
        "aud": party.audience,
        "exp": now + ACCESS_LIFE,
        "iat": now,
        "jti": new_id(),
        "client_id": party.client_id,
        "sid": session_id,
        "auth_time": auth_time,
        "amr": ["pwd"],
    }
    return jwt.encode(claims, key, algorithm="RS256", headers={"typ": "at+jwt", "kid": kid})


KeyLookup = Callable[[str], "RSAPublicKey | None"]
"""Returns a public key by its ``kid``."""

VerifiedTokens = dict[str, dict[str, Any]]
"""Claims by the token whose signature proves them under the current keys."""

MAX_VERIFIED_TOKENS = 1_024
"""Maximum number of remembered tokens. Each takes two kilobytes."""


def verify_access(
    token: str, *, party: Party, keys: KeyLookup, now: int, verified: VerifiedTokens
) -> Identity:
    """Returns the identity that an access token proves.

    The algorithm is fixed and the key comes from a trusted map (RFC 8725 sections 3.1 and 3.10).
    Tokens are also refused for faults that PyJWT accepts: an empty or non-text ``sub``, a list as
    audience, times that are not whole numbers, a lifetime longer than ``ACCESS_LIFE``, a ``kid``
    that is not text.

    Args:
        verified: remembers what signatures proved. Other keys or another party need another map.
            Times are checked on every call.

    Raises:
        TokenExpired: the token has expired and is otherwise valid.
        InvalidToken: anything else is wrong with it.
    """
    claims = verified.get(token)
    if claims is None:
        claims = _signed_claims(token, party, keys)
        if len(verified) >= MAX_VERIFIED_TOKENS:
            verified.clear()
        verified[token] = claims
    return _identity(claims, party, now)


def _signed_claims(token: str, party: Party, keys: KeyLookup) -> dict[str, Any]:
    key = keys(key_id(token))
    if key is None:
        raise InvalidToken
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=["RS256"],
            audience=party.audience,
            issuer=party.issuer,
            options={
                "require": _REQUIRED,
                "verify_exp": False,
                "verify_iat": False,
                "strict_aud": True,
            },
        )
    except jwt.PyJWTError:
        raise InvalidToken from None
    return claims


def key_id(token: str) -> str:
    """Returns the ID of the key that an access token claims to be signed with. Verifies nothing.

    Raises:
        InvalidToken: the text does not look like an access token.
    """
    if len(token) > MAX_TOKEN:
        raise InvalidToken
    # PyJWT would parse the whole token here and again to verify it: a fifth of a warm request. What
    # only this lenient parser accepts, PyJWT refuses afterwards.
    header, _, _ = token.partition(".")
    try:
        read = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, RecursionError):
        raise InvalidToken from None
    kid = read.get("kid") if isinstance(read, dict) else None
    if not isinstance(kid, str) or read.get("typ") != "at+jwt":
        raise InvalidToken
    return kid


def _identity(claims: Mapping[str, Any], party: Party, now: int) -> Identity:
    user, session, issued, end = (claims[name] for name in ("sub", "sid", "iat", "exp"))
    if not (isinstance(user, str) and isinstance(session, str) and is_id(user) and is_id(session)):
        raise InvalidToken
    if type(issued) is not int or type(end) is not int or claims["client_id"] != party.client_id:
        raise InvalidToken
    if not 0 < end - issued <= ACCESS_LIFE or issued > now + LEEWAY:
        raise InvalidToken
    if end <= now:
        raise TokenExpired
    return Identity(user, session, end)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A position in a session's series of refreshes. ``counter`` is the number of earlier ones."""

    user_id: str
    session_id: str
    counter: int


class RefreshKeys(NamedTuple):
    """The secret keys of refresh tokens by ID, and the ID of the current one."""

    current: str
    keys: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"RefreshKeys(current={self.current!r})"


def issue_refresh(token: RefreshToken, keys: RefreshKeys) -> str:
    """Returns ``version.user.session.counter.mac``, which does not need to be stored."""
    body = f"{keys.current}.{token.user_id}.{token.session_id}.{token.counter}"
    return f"{body}.{_mac(keys.keys[keys.current], body)}"


def verify_refresh(text: str, keys: RefreshKeys) -> RefreshToken:
    """Returns the position that a refresh token stands for. Refuses a forged one before any read.

    Raises:
        InvalidGrant: the token was not issued with one of the keys.
    """
    body, _, mac = text.rpartition(".")
    version, *place = body.split(".")
    key = keys.keys.get(version)
    if key is None or len(place) != 3 or len(text) > MAX_TOKEN or not text.isascii():
        raise InvalidGrant
    if not hmac.compare_digest(mac, _mac(key, body)):
        raise InvalidGrant
    user_id, session_id, counter = place
    return RefreshToken(user_id, session_id, int(counter))


def _mac(key: bytes, body: str) -> str:
    # The purpose is part of the authenticated text, so no other use of a key yields a valid token.
    digest = hmac.digest(key, b"gatehouse refresh token\n" + body.encode("ascii"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
