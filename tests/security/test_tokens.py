"""Every kind of token in every slot, and every known trick with the one that belongs there."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gatehouse.keyring import load_private
from gatehouse.tokens import ACCESS_LIFE
from tests.security.conftest import Watched
from tests.support import forgery
from tests.support.house import Answer
from tests.support.world import PASSWORD, START, published, ring

ADA = "ada@example.com"


@pytest.fixture
def tokens(strict_house: Watched) -> dict[str, str]:
    """One good token of every kind, all of them Ada's."""
    house = strict_house
    house.world.user(ADA)
    session = house.tokens(ADA)
    house.register("new@example.com")
    house.ask("POST", "/passwords/forgot", {"email": ADA})
    move = {"new_email": "ada@example.org", "password": PASSWORD}
    assert house.ask("POST", "/emails/change", move, token=session["access_token"]).status == 202
    return {
        "access": session["access_token"],
        "refresh": session["refresh_token"],
        "verify": house.mailed_token("verify_email"),
        "reset": house.mailed_token("reset_password"),
        "move, old end": house.mailed_token("confirm_old_email"),
        "move, new end": house.mailed_token("confirm_new_email"),
    }


def _bearer(house: Watched, token: str) -> Answer:
    return house.ask("GET", "/sessions", token=token)


def _refresh(house: Watched, token: str) -> Answer:
    return house.ask("POST", "/sessions/refresh", {"refresh_token": token})


def _grant(house: Watched, token: str) -> Answer:
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"grant_type=refresh_token&refresh_token={token}"
    return house.ask("POST", "/token", body, headers=form)


def _verify(house: Watched, token: str) -> Answer:
    return house.ask("POST", "/register/verify", {"token": token, "password": PASSWORD})


def _reset(house: Watched, token: str) -> Answer:
    return house.ask(
        "POST", "/passwords/reset", {"token": token, "password": "umbrella pickle gravel"}
    )


def _confirm(house: Watched, token: str) -> Answer:
    return house.ask("POST", "/emails/confirm", {"token": token})


SLOTS = {
    "access": (_bearer, {"access"}),
    "refresh": (_refresh, {"refresh"}),
    "refresh grant": (_grant, {"refresh"}),
    "verify": (_verify, {"verify"}),
    "reset": (_reset, {"reset"}),
    "confirm": (_confirm, {"move, old end", "move, new end"}),
}
KINDS = ("access", "refresh", "verify", "reset", "move, old end", "move, new end")


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("kind", KINDS)
def test_token_of_another_kind_opens_nothing(
    strict_house: Watched, tokens: dict[str, str], slot: str, kind: str
) -> None:
    ask, right = SLOTS[slot]
    before = strict_house.items("LINK#")
    answer = ask(strict_house, tokens[kind])
    if kind in right:
        assert answer.status in (200, 204)
    else:
        assert answer.status in (400, 401, 422)
        assert strict_house.items("LINK#") == before
    assert strict_house.opens(ADA, PASSWORD) == (not (slot == kind == "reset"))


def _sign(header: dict[str, Any], claims: dict[str, Any], key: Any = None) -> str:
    return forgery.signed(claims, key or load_private(ring().current), **header)


@pytest.fixture
def claims(house: Watched) -> dict[str, Any]:
    """The claims of a token that is good in this house."""
    house.world.user(ADA)
    token = house.tokens(ADA)["access_token"]
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


KID = ring().current.kid
HEADER = {"alg": "RS256", "typ": "at+jwt", "kid": KID}


def test_forgery_of_the_same_kind_would_be_good(house: Watched, claims: dict[str, Any]) -> None:
    assert _bearer(house, _sign(HEADER, claims)).status == 200


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", " none", "none\n"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_alg_none(house: Watched, claims: dict[str, Any], alg: str, signature: str) -> None:
    text = forgery.unsigned(claims, signature.encode(), **{**HEADER, "alg": alg})
    assert _bearer(house, text).code == "invalid_token"


def test_cve_2015_9235_hs256_with_the_public_key(house: Watched, claims: dict[str, Any]) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = load_private(ring().current).public_key()
    spellings = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(published()).encode(),
        published()["keys"][0]["n"].encode(),
        b"",
    ]
    for secret in spellings:
        text = forgery.unsigned(claims, b"", **{**HEADER, "alg": "HS256"}).rstrip(".")
        mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
        assert _bearer(house, f"{text}.{forgery.encoded(mac)}").code == "invalid_token"


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256", "rs256"])
def test_other_algorithm(house: Watched, claims: dict[str, Any], alg: str) -> None:
    assert _bearer(house, _sign({**HEADER, "alg": alg}, claims)).code == "invalid_token"


def test_foreign_key_under_our_kid(house: Watched, claims: dict[str, Any]) -> None:
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert _bearer(house, _sign(HEADER, claims, foreign)).code == "invalid_token"


@pytest.mark.parametrize(
    "kid",
    ["", "../../etc/passwd", "' OR '1'='1", "a" * 10_000, 7, None, ["x"], {"S": "x"}, True, "\x00"],
    ids=lambda kid: repr(kid)[:12],
)
def test_bad_kid(house: Watched, claims: dict[str, Any], kid: object) -> None:
    before = len(house.items())
    assert _bearer(house, _sign({**HEADER, "kid": kid}, claims)).code == "invalid_token"
    assert len(house.items()) == before


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_header_that_brings_its_own_key(
    house: Watched, claims: dict[str, Any], member: str
) -> None:
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    brought = {"jwk": published()["keys"][0], "x5c": ["AAAA"]}.get(
        member, "https://evil.example/jwks.json"
    )
    text = _sign({**HEADER, member: brought, "kid": "evil"}, claims, foreign)
    assert _bearer(house, text).code == "invalid_token"
    text = _sign({**HEADER, member: brought}, claims, foreign)
    assert _bearer(house, text).code == "invalid_token"


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["x"], [], "exp"], ids=str)
def test_unknown_crit(house: Watched, claims: dict[str, Any], crit: object) -> None:
    assert _bearer(house, _sign({**HEADER, "crit": crit}, claims)).code == "invalid_token"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "AT+JWT", "application/at+jwt", "", None, 7])
def test_wrong_typ(house: Watched, claims: dict[str, Any], typ: object) -> None:
    assert _bearer(house, _sign({**HEADER, "typ": typ}, claims)).code == "invalid_token"


WRONG_CLAIMS: dict[str, tuple[str, Any]] = {
    "iss other": ("iss", "https://evil.example"),
    "iss with a slash": ("iss", "https://api.gatehouse.example/"),
    "iss list": ("iss", ["https://api.gatehouse.example"]),
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
    "exp now": ("exp", START),
    "exp past": ("exp", START - 1),
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


@pytest.mark.parametrize("name", WRONG_CLAIMS)
def test_wrong_claim(house: Watched, claims: dict[str, Any], name: str) -> None:
    claim, value = WRONG_CLAIMS[name]
    changed = {**claims, claim: value}
    if value is ...:
        del changed[claim]
    answer = _bearer(house, _sign(HEADER, changed))
    assert answer.code == "invalid_token"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "bearer",
        "Basic YTpi",
        "Token {}",
        "{}",
        "Bearer {} {}",
        "Bearer\t{}",
    ],
)
def test_token_outside_its_place(
    house: Watched, claims: dict[str, Any], authorization: str
) -> None:
    text = authorization.replace("{}", _sign(HEADER, claims))
    answer = house.ask("GET", "/sessions", headers={"authorization": text})
    assert answer.status == 401


@pytest.mark.parametrize("place", ["query", "cookie", "x-access-token", "body"])
def test_token_is_taken_from_no_other_place(
    house: Watched, claims: dict[str, Any], place: str
) -> None:
    token = _sign(HEADER, claims)
    asked: dict[str, Any] = {"path": "/sessions"}
    if place == "query":
        asked["path"] = f"/sessions?access_token={token}"
    elif place == "cookie":
        asked["cookies"] = (f"access_token={token}",)
    elif place == "body":
        asked["body"] = f"access_token={token}"
    else:
        asked["headers"] = {place: token}
    answer = house.ask("GET", **asked)
    assert answer.code == "missing_token"
    assert "error" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize("end", ["log out", "disable", "delete", "expire", "password"])
def test_token_of_somebody_who_is_gone(house: Watched, end: str) -> None:
    user = house.world.user(ADA)
    token = house.tokens(ADA)
    access = token["access_token"]
    match end:
        case "log out":
            house.ask("POST", "/logout", {"refresh_token": token["refresh_token"]})
        case "disable":
            house.world.disable(user)
        case "delete":
            answer = house.ask("DELETE", "/profile", {"password": PASSWORD}, token=access)
            assert answer.status == 204
        case "expire":
            house.world.clock.advance(ACCESS_LIFE)
        case "password":
            other = house.tokens(ADA, address="203.0.113.6")["access_token"]
            body = {"current_password": PASSWORD, "new_password": "umbrella pickle gravel"}
            assert house.ask("PUT", "/password", body, token=other).status == 204
    for method, path, body_ in (
        ("GET", "/sessions", None),
        ("DELETE", "/sessions", None),
        ("GET", "/profile/events", None),
        ("GET", "/profile/export", None),
        (
            "PUT",
            "/password",
            {"current_password": PASSWORD, "new_password": "pickle gravel umbrella"},
        ),
        ("POST", "/emails/change", {"new_email": "e@example.org", "password": PASSWORD}),
        ("DELETE", "/profile", {"password": PASSWORD}),
    ):
        assert house.ask(method, path, body_, token=access).code == "invalid_token", path
    if end != "expire":
        assert _refresh(house, token["refresh_token"]).code == "invalid_grant"


REFRESH_TRICKS: dict[str, Callable[[list[str]], list[str]]] = {
    "counter up": lambda p: [p[0], p[1], p[2], "1", p[4]],
    "counter negative": lambda p: [p[0], p[1], p[2], "-1", p[4]],
    "counter huge": lambda p: [p[0], p[1], p[2], "9" * 5_000, p[4]],
    "counter text": lambda p: [p[0], p[1], p[2], "x", p[4]],
    "counter other digits": lambda p: [p[0], p[1], p[2], "\u0660", p[4]],
    "other user": lambda p: [p[0], "0" * 32, *p[2:]],
    "other session": lambda p: [p[0], p[1], "0" * 32, *p[3:]],
    "separator in the user": lambda p: [p[0], "x#y", *p[2:]],
    "unknown version": lambda p: ["r9", *p[1:]],
    "version current": lambda p: ["current", *p[1:]],
    "no version": lambda p: ["", *p[1:]],
    "no mac": lambda p: [*p[:4], ""],
    "mac padded": lambda p: [*p[:4], p[4] + "="],
    "mac in another case": lambda p: [*p[:4], p[4].swapcase()],
    "mac of nothing": lambda p: [*p[:4], "A" * 43],
    "one part more": lambda p: [*p, "x"],
    "one part less": lambda p: p[1:],
    "empty": lambda _: [""],
    "dots": lambda _: [""] * 5,
    "10 KB": lambda p: [*p[:4], "A" * 10_000],
    "unicode": lambda p: [*p[:4], "é" * 43],
}


@pytest.mark.parametrize("trick", REFRESH_TRICKS)
def test_forged_refresh_token_is_refused_before_any_read(house: Watched, trick: str) -> None:
    house.world.user(ADA)
    good = house.tokens(ADA)["refresh_token"]
    forged = ".".join(REFRESH_TRICKS[trick](good.split(".")))
    house.wire.clear()
    assert _refresh(house, forged).code == "invalid_grant"
    touched = {
        call.request.get("Key", {}).get("pk", {}).get("S", "").split("#")[0]
        for call in house.wire.calls
    }
    assert "USER" not in touched
    assert house.ask("POST", "/logout", {"refresh_token": forged}).status == 204
    assert _refresh(house, good).status == 200


def test_refresh_token_of_another_purpose_with_our_key(house: Watched) -> None:
    house.world.user(ADA)
    good = house.tokens(ADA)["refresh_token"]
    body = good.rpartition(".")[0]
    mac = hmac.digest(b"y" * 64, body.encode(), "sha256")
    forged = f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    assert _refresh(house, forged).code == "invalid_grant"
