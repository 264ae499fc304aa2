"""The key ring: key IDs, the published set, and the order in which keys are used."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gatehouse.errors import Unavailable
from gatehouse.keyring import (
    KEY_BITS,
    PrivateRing,
    SigningKey,
    jwk,
    load_private,
    load_public,
    new_key,
    thumbprint,
)
from harness.moto_backend import START, published, ring

RFC_7638_KEY = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_B"
    "JECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvz"
    "qY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
    "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
"""The example in RFC 7638 section 3.1."""

RFC_7638_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@cache
def fresh() -> SigningKey:
    return new_key()


def test_thumbprint_is_that_of_the_example_in_rfc_7638() -> None:
    assert thumbprint(RFC_7638_KEY) == RFC_7638_THUMBPRINT


def test_example_of_rfc_7638_is_loaded_as_a_key_of_2048_bits() -> None:
    (key,) = load_public({"keys": [RFC_7638_KEY]}).values()
    assert (key.key_size, key.public_numbers().e) == (2048, 65537)


def test_fresh_key_is_named_by_its_thumbprint() -> None:
    assert fresh().kid == thumbprint(jwk(fresh()))


def test_fresh_key_has_the_agreed_size() -> None:
    assert load_private(fresh()).key_size == KEY_BITS


def test_fresh_keys_are_different() -> None:
    assert fresh().kid != ring().current.kid != ring().next.kid


def test_published_key_verifies_what_its_private_part_signs() -> None:
    public = load_public(published())[ring().current.kid]
    assert public.public_numbers() == load_private(ring().current).public_key().public_numbers()


def test_jwk_has_public_members_only() -> None:
    assert set(jwk(fresh())) == {"kty", "n", "e", "kid", "alg", "use"}


def test_first_ring_publishes_current_and_next() -> None:
    assert [key["kid"] for key in published()["keys"]] == [ring().current.kid, ring().next.kid]


def test_rotated_ring_signs_with_what_was_published_before() -> None:
    rotated = ring().rotated(fresh(), START + 1)
    assert rotated == PrivateRing(ring().next, fresh(), ring().current, START + 1)


def test_rotated_ring_publishes_the_former_key_for_its_last_tokens() -> None:
    kids = [key["kid"] for key in ring().rotated(fresh(), START + 1).public()["keys"]]
    assert kids == [ring().next.kid, fresh().kid, ring().current.kid]


def test_ring_rotated_twice_forgets_its_first_key() -> None:
    twice = ring().rotated(fresh(), START + 1).rotated(ring().current, START + 2)
    assert twice.previous == ring().next


@pytest.mark.parametrize("make_ring", [ring, lambda: ring().rotated(fresh(), START + 1)])
def test_ring_comes_back_from_its_secret(make_ring: Callable[[], PrivateRing]) -> None:
    whole = make_ring()
    assert PrivateRing.from_secret(whole.to_secret()) == whole


def test_ring_with_the_former_name_of_its_time_is_read() -> None:
    former = ring().to_secret().replace('"rotated_at"', '"turned_at"')
    assert PrivateRing.from_secret(former) == ring()


@pytest.mark.parametrize("secret", ["", "aB3placeholder", '{"password": "x"}', "{}"])
def test_placeholder_of_a_first_deployment_is_no_ring(secret: str) -> None:
    with pytest.raises(Unavailable):
        PrivateRing.from_secret(secret)


@pytest.mark.parametrize("secret", ["12345", '"ring"', "null", "[]"])
def test_placeholder_that_happens_to_be_json_is_no_ring(secret: str) -> None:
    assert not PrivateRing.is_in(secret)


def test_key_of_another_kind_is_refused() -> None:
    pem = (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )
    with pytest.raises(Unavailable):
        load_private(replace(fresh(), pem=pem))


def test_private_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(ring())
