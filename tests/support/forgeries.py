"""Every known forgery of an access token, for every route and socket that takes one.

A forgery is made from the claims of a valid token. Only those in ``EXPIRED`` were ever valid.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatehouse.tokens import ACCESS_LIFE
from harness.moto_backend import START, published
from tests.support import forgery
from tests.support.forgery import HEADER, private

Claims = dict[str, Any]
Forgery = Callable[[Claims], str]

ISSUER = "https://api.gatehouse.example"
ELSEWHERE = "https://evil.example"


def signed(claims: Claims, header: dict[str, Any] = HEADER, key: Any = None) -> str:
    """Returns a token signed with the key, by default our own."""
    return forgery.signed(claims, key or private(), **header)


@cache
def foreign_key() -> rsa.RSAPrivateKey:
    """Returns a key that is not ours."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _public_spellings() -> dict[str, bytes]:
    """Returns the encodings of our public key that a verifier may take for an HMAC secret."""
    public = private().public_key()
    return {
        "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "PKCS #1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWKS": json.dumps(published()).encode(),
        "modulus": published()["keys"][0]["n"].encode(),
        "nothing": b"",
    }


def _under(claims: Claims, *, key: Any = None, **header: Any) -> str:
    """Returns the claims under a changed header. ``...`` removes a member."""
    changed = {name: value for name, value in {**HEADER, **header}.items() if value is not ...}
    return signed(claims, changed, key)


def _unsigned(claims: Claims, alg: str, signature: bytes) -> str:
    return forgery.unsigned(claims, signature, **{**HEADER, "alg": alg})


def _with_hmac(claims: Claims, spelling: str, typ: str) -> str:
    """Returns a token that uses the RS256 public key as the secret of HS256."""
    header = {**HEADER, "alg": "HS256", "typ": typ}
    text = forgery.unsigned(claims, b"", **header).rstrip(".")
    mac = hmac.new(_public_spellings()[spelling], text.encode(), hashlib.sha256).digest()
    return f"{text}.{forgery.encoded(mac)}"


def _by_foreign_key(claims: Claims, **header: Any) -> str:
    return _under(claims, key=foreign_key(), **header)


def _claiming(claims: Claims, name: str, value: object) -> str:
    changed = {**claims, name: value}
    return signed({claim: content for claim, content in changed.items() if content is not ...})


def _expired(claims: Claims, end: int) -> str:
    return signed({**claims, "iat": end - ACCESS_LIFE, "exp": end})


def _cut(claims: Claims, parts: slice) -> str:
    return ".".join(signed(claims).split(".")[parts])


def _changed(claims: Claims) -> str:
    """Returns a token for another user with the signature of the valid token."""
    head, _, signature = signed(claims).split(".")
    body = signed({**claims, "sub": "f" * 32}).split(".")[1]
    return f"{head}.{body}.{signature}"


_NONE = ("none", "None", "NONE", "nOnE", "", " none", "none\n")
_ALGORITHMS = ("RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256", "rs256")
_KIDS: dict[str, object] = {
    "empty": "",
    "path": "../../etc/passwd",
    "quote": "' OR '1'='1",
    "10 KB": "a" * 10_000,
    "number": 7,
    "null": None,
    "list": ["x"],
    "object": {"S": "x"},
    "true": True,
    "NUL": "\x00",
    "missing": ...,
}
_BROUGHT: dict[str, Any] = {
    "jku": f"{ELSEWHERE}/jwks.json",
    "x5u": f"{ELSEWHERE}/jwks.json",
    "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    "x5c": ["AAAA"],
}
_NO_CHANGE: dict[str, Any] = {}
_CRITS: tuple[object, ...] = (["exp"], ["b64"], ["x"], [], "exp")
_TYPS: tuple[object, ...] = ("JWT", "jwt", "AT+JWT", "application/at+jwt", "", None, 7, ...)
_CLAIMS: dict[str, tuple[str, object]] = {
    "iss other": ("iss", ELSEWHERE),
    "iss with a slash": ("iss", f"{ISSUER}/"),
    "iss list": ("iss", [ISSUER]),
    "iss missing": ("iss", ...),
    "aud other": ("aud", "other"),
    "aud list": ("aud", ["gatehouse"]),
    "aud list with more": ("aud", ["gatehouse", "evil"]),
    "aud missing": ("aud", ...),
    "sub empty": ("sub", ""),
    "sub number": ("sub", 1),
    "sub missing": ("sub", ...),
    "sub separator": ("sub", "x#PROFILE"),
    "sub upper case": ("sub", "A" * 32),
    "sub null": ("sub", None),
    "sid missing": ("sid", ...),
    "sid list": ("sid", ["0" * 32]),
    "sid unknown": ("sid", "f" * 32),
    "client_id other": ("client_id", "evil"),
    "exp before iat": ("exp", START - 1),
    "exp missing": ("exp", ...),
    "exp text": ("exp", str(START + 60)),
    "exp huge": ("exp", 1e30),
    "exp fraction": ("exp", START + 60.5),
    "exp true": ("exp", True),
    "exp too far": ("exp", START + ACCESS_LIFE + 1),
    "exp null": ("exp", None),
    "iat future": ("iat", START + 31),
    "iat text": ("iat", "now"),
    "iat missing": ("iat", ...),
    "nbf future": ("nbf", 2**40),
    "jti missing": ("jti", ...),
}

EXPIRED: dict[str, Forgery] = {
    "expired now": partial(_expired, end=START),
    "expired before": partial(_expired, end=START - 1),
}
"""Tokens that were valid once."""

FORGERIES: dict[str, Forgery] = {
    **{
        f"alg none as {alg!r}{how}": partial(_unsigned, alg=alg, signature=signature)
        for alg in _NONE
        for how, signature in (("", b""), (" with a signature", b"\0\0\0"))
    },
    **{
        f"CVE-2015-9235 HS256 with the public key as {spelling} ({typ})": partial(
            _with_hmac, spelling=spelling, typ=typ
        )
        for spelling in ("PEM", "PKCS #1", "DER", "JWKS", "modulus", "nothing")
        for typ in ("at+jwt", "JWT")
    },
    **{f"alg {alg}": partial(_under, alg=alg) for alg in _ALGORITHMS},
    "foreign key under our kid": _by_foreign_key,
    "another user under the same signature": _changed,
    **{f"kid {name}": partial(_under, kid=kid) for name, kid in _KIDS.items()},
    **{
        f"{member} under {kid}": partial(_by_foreign_key, **{member: brought, **changes})
        for member, brought in _BROUGHT.items()
        for kid, changes in (("our kid", _NO_CHANGE), ("its own kid", {"kid": "evil"}))
    },
    **{f"crit {crit}": partial(_under, crit=crit) for crit in _CRITS},
    **{f"typ {typ!r}".replace("Ellipsis", "missing"): partial(_under, typ=typ) for typ in _TYPS},
    **{name: partial(_claiming, name=claim, value=v) for name, (claim, v) in _CLAIMS.items()},
    "no signature": partial(_cut, parts=slice(0, 2)),
    "no header": partial(_cut, parts=slice(1, 3)),
    "one part": partial(_cut, parts=slice(1, 2)),
    "garbage": lambda _: "garbage",
    "dots": lambda _: "..",
    "10 KB": lambda _: "a" * 10_000,
}
