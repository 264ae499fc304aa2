"""Creates access tokens as an attacker would."""

import base64
import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gatehouse.identity import Identity
from gatehouse.keyring import load_private, load_public
from gatehouse.tokens import ACCESS_LIFE, Party, VerifiedTokens, issue_access, verify_access
from harness.moto_backend import START, published, ring

USER = "0" * 31 + "a"
SESSION = "0" * 31 + "b"


PARTY = Party(issuer="https://api.example.com", audience="app", client_id="web")
KID = ring().current.kid
HEADER = {"alg": "RS256", "typ": "at+jwt", "kid": KID}


@cache
def private(name: str = "current") -> RSAPrivateKey:
    return load_private(getattr(ring(), name))


def issue(now: int = START) -> str:
    return issue_access(
        USER, SESSION, party=PARTY, kid=KID, key=private(), now=now, auth_time=START - 60
    )


def verify(
    token: str, now: int = START, party: Party = PARTY, verified: VerifiedTokens | None = None
) -> Identity:
    remembered: VerifiedTokens = {} if verified is None else verified
    keys = load_public(published()).get
    return verify_access(token, party=party, keys=keys, now=now, verified=remembered)


def forged(**changes: Any) -> str:
    """Returns a token signed with our own key, with some claims changed."""
    return signed(claims_of(PARTY, **changes), private(), **HEADER)


def headed(**changes: Any) -> str:
    """Returns a token signed with our own key, with some header members changed."""
    header = {name: value for name, value in {**HEADER, **changes}.items() if value is not ...}
    return signed(claims_of(PARTY), private(), **header)


def claims_of(party: Party, **changes: Any) -> dict[str, Any]:
    """Returns the claims of a valid token with some of them changed. ``...`` removes one."""
    good = {
        "iss": party.issuer,
        "sub": USER,
        "aud": party.audience,
        "exp": START + ACCESS_LIFE,
        "iat": START,
        "jti": "0" * 32,
        "client_id": party.client_id,
        "sid": SESSION,
        "auth_time": START,
        "amr": ["pwd"],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def signed(claims: dict[str, Any], key: RSAPrivateKey, **header: Any) -> str:
    """Returns a token signed with RS256, whatever its header says.

    PyJWT refuses to create some of the tokens that the tests need.
    """
    text = f"{_segment(header)}.{_segment(claims)}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(
        text.encode(), key
    )
    return f"{text}.{encoded(signature)}"


def unsigned(claims: dict[str, Any], signature: bytes = b"", **header: Any) -> str:
    """Returns a token with the given bytes in place of a signature."""
    return f"{_segment(header)}.{_segment(claims)}.{encoded(signature)}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _segment(content: dict[str, Any]) -> str:
    return encoded(json.dumps(content).encode())
