"""Access tokens: which are issued, and which are refused."""

from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatehouse.errors import InvalidToken
from gatehouse.identity import Identity
from gatehouse.tokens import (
    ACCESS_LIFE,
    MAX_TOKEN,
    RefreshKeys,
    RefreshToken,
    issue_refresh,
    key_id,
)
from harness.moto_backend import START, published
from tests.support.forgery import (
    HEADER,
    KID,
    PARTY,
    SESSION,
    USER,
    claims_of,
    encoded,
    forged,
    headed,
    issue,
    private,
    signed,
    unsigned,
    verify,
)

# What is issued.


def test_access_token_proves_user_and_session() -> None:
    assert verify(issue()) == Identity(USER, SESSION, START + ACCESS_LIFE)


def test_access_token_is_read_by_an_independent_client() -> None:
    key = jwt.PyJWK(published()["keys"][0])
    claims = jwt.decode(
        issue(),
        key,
        algorithms=["RS256"],
        audience="app",
        issuer="https://api.example.com",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims.pop("jti")
    assert claims == {
        "iss": "https://api.example.com",
        "sub": USER,
        "aud": "app",
        "exp": START + 900,
        "iat": START,
        "client_id": "web",
        "sid": SESSION,
        "auth_time": START - 60,
        "amr": ["pwd"],
    }


def test_access_token_has_the_header_of_rfc_9068() -> None:
    assert jwt.get_unverified_header(issue()) == HEADER


def test_access_tokens_have_ids_of_their_own() -> None:
    ids = {jwt.decode(issue(), options={"verify_signature": False})["jti"] for _ in range(3)}
    assert len(ids) == 3


def test_forgery_starts_from_a_good_token() -> None:
    assert verify(forged()) == verify(headed()) == verify(issue())


# The signature.


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, "RS256"])
def test_unsigned_token_is_refused(alg: str | None) -> None:
    with pytest.raises(InvalidToken):
        verify(unsigned(claims_of(PARTY), alg=alg, typ="at+jwt", kid=KID))


@pytest.mark.parametrize("form", ["pem", "der", "modulus"])
def test_hs256_with_the_public_key_is_refused(form: str) -> None:
    public = private().public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "modulus": published()["keys"][0]["n"].encode(),
    }[form]
    start = unsigned(claims_of(PARTY), alg="HS256", typ="at+jwt", kid=KID).rpartition(".")[0]
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    with pytest.raises(InvalidToken):
        verify(f"{start}.{encoded(algorithm.sign(start.encode(), secret))}")


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256", "ES256", "HS256"])
def test_other_algorithm_than_rs256_is_refused(alg: str) -> None:
    with pytest.raises(InvalidToken):
        verify(headed(alg=alg))


def test_ps256_of_our_own_key_is_refused() -> None:
    token = jwt.encode(claims_of(PARTY), private(), "PS256", headers={"typ": "at+jwt", "kid": KID})
    with pytest.raises(InvalidToken):
        verify(token)


def test_foreign_key_under_our_kid_is_refused() -> None:
    with pytest.raises(InvalidToken):
        verify(signed(claims_of(PARTY), private("next"), **HEADER))


def test_changed_claims_under_an_old_signature_are_refused() -> None:
    header, _, signature = issue().split(".")
    _, claims, _ = forged(sub="f" * 32).split(".")
    with pytest.raises(InvalidToken):
        verify(f"{header}.{claims}.{signature}")


# The header.


@pytest.mark.parametrize(
    "kid",
    [
        ...,
        "",
        None,
        1,
        ["x"],
        {"x": 1},
        "../../../../dev/null",
        "' OR 1=1 --",
        "x" * 3000,
        "unknown",
    ],
)
def test_bad_kid_is_refused(kid: object) -> None:
    with pytest.raises(InvalidToken):
        verify(headed(kid=kid))


@pytest.mark.parametrize("change", [lambda kid: kid[:-1], lambda kid: f"{kid} ", str.swapcase])
def test_kid_that_looks_like_ours_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(InvalidToken):
        verify(headed(kid=change(KID)))


@pytest.mark.parametrize(
    "typ", [..., "", None, "JWT", "jwt", "AT+JWT", "application/at+jwt", "logout+jwt", 1]
)
def test_other_type_than_an_access_token_is_refused(typ: object) -> None:
    with pytest.raises(InvalidToken):
        verify(headed(typ=typ))


def test_unknown_critical_extension_is_refused() -> None:
    with pytest.raises(InvalidToken):
        verify(headed(crit=["x"], x=1))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_key_in_the_header_of_a_foreign_token_is_not_used(name: str) -> None:
    value = published()["keys"][1] if name == "jwk" else "https://evil.example/keys"
    with pytest.raises(InvalidToken):
        verify(signed(claims_of(PARTY), private("next"), **HEADER, **{name: value}))


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c", "a.b.c.d.e", "é.é.é"])
def test_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        key_id(text)


@pytest.mark.parametrize(
    "header",
    [b"[" * 2900, b"[]", b"null", b'"RS256"', b'{"typ":' + b"9" * 2900 + b"}", b"\xff\xfe", b"{"],
)
def test_header_that_is_no_object_is_refused(header: bytes) -> None:
    with pytest.raises(InvalidToken):
        key_id(f"{encoded(header)}.e30.{encoded(b'x')}")


def test_token_of_many_characters_is_refused() -> None:
    with pytest.raises(InvalidToken):
        key_id(issue() + "A" * MAX_TOKEN)


# Other tokens that Gatehouse issues.


def refresh_token() -> str:
    return issue_refresh(RefreshToken(USER, SESSION, 0), RefreshKeys("r1", {"r1": b"k" * 64}))


@pytest.mark.parametrize("make", [refresh_token, lambda: f"{refresh_token()}.x", lambda: USER])
def test_other_kind_of_token_in_this_slot_is_refused(make: Callable[[], str]) -> None:
    with pytest.raises(InvalidToken):
        verify(make())
