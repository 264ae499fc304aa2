"""The keys of a deployment: how long they are cached, and what fails if one is missing."""

from dataclasses import replace

import pytest

from gatehouse.backend.cached import KEYS_LIFE
from gatehouse.backend.keys import UNKNOWN_KEY_LIFE
from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidToken, Unavailable
from gatehouse.keyring import SigningKey, load_private, new_key, new_ring
from gatehouse.settings import Settings
from harness.moto_backend import START, MotoBackend, ring
from tests.support.calls import Call, recorded
from tests.support.forgery import claims_of, signed


def key_reads(calls: list[Call]) -> int:
    return sum(call.params.get("Key", {}).get("pk") == {"S": "KEYRING"} for call in calls)


def stranger_token(moto: MotoBackend) -> str:
    key = load_private(ring().next)
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "unknown"}
    return signed(claims_of(moto.backend.keys.party), key, **header)


def rotate(moto: MotoBackend, fresh: SigningKey) -> None:
    rotated = ring().rotated(fresh, START + 1)
    moto.backend.keys.public_keys.publish(rotated.public(), previous=START, version=START + 1)
    moto.backend.secrets.write(moto.backend.settings.signing_secret, rotated.to_secret())


def try_stranger(moto: MotoBackend) -> None:
    with pytest.raises(InvalidToken):
        moto.backend.keys.verify_access(stranger_token(moto))


def test_published_keys_are_read_once_for_many_tokens(moto: MotoBackend) -> None:
    token = moto.access_token(moto.user())
    with recorded() as calls:
        for _ in range(3):
            moto.backend.keys.verify_access(token)
    assert key_reads(calls) == 1


def test_unknown_key_makes_the_published_keys_be_read_again_once_in_30_seconds(
    moto: MotoBackend,
) -> None:
    moto.backend.keys.verify_access(moto.access_token(moto.user()))
    moto.clock.advance(UNKNOWN_KEY_LIFE + 1)
    with recorded() as calls:
        for _ in range(5):
            try_stranger(moto)
            moto.clock.advance(UNKNOWN_KEY_LIFE // 5)
    assert key_reads(calls) == 1


def test_unknown_key_right_after_a_read_causes_none(moto: MotoBackend) -> None:
    moto.backend.keys.verify_access(moto.access_token(moto.user()))
    with recorded() as calls:
        try_stranger(moto)
    assert key_reads(calls) == 0


def test_token_of_a_key_that_was_taken_into_use_meanwhile_is_verified(moto: MotoBackend) -> None:
    user = moto.user()
    moto.backend.keys.verify_access(moto.access_token(user))
    rotate(moto, new_key())
    moto.clock.advance(KEYS_LIFE + 1)
    assert moto.backend.keys.verify_access(moto.access_token(user)).user_id == user.id


def test_token_of_the_former_key_is_verified_after_a_turn(moto: MotoBackend) -> None:
    user = moto.user()
    token = moto.access_token(user)
    rotate(moto, new_key())
    other = replace(moto.backend)
    assert other.keys.verify_access(token).user_id == user.id


def test_token_that_was_verified_ends_with_the_key_that_did_it(moto: MotoBackend) -> None:
    token = moto.access_token(moto.user())
    moto.backend.keys.verify_access(token)
    withdrawn = new_ring(START).public()
    moto.backend.keys.public_keys.publish(withdrawn, previous=START, version=START + 1)
    moto.clock.advance(KEYS_LIFE + 1)
    with pytest.raises(InvalidToken):
        moto.backend.keys.verify_access(token)


# Missing keys.


def test_unpublished_keys_verify_nothing(moto: MotoBackend) -> None:
    token = moto.access_token(moto.user())
    key = {"pk": {"S": "KEYRING"}, "sk": {"S": "PUBLIC"}}
    moto.dynamodb.delete_item(TableName="AccountsTable", Key=key)
    with pytest.raises(Unavailable):
        moto.backend.keys.verify_access(token)


def test_missing_secret_is_unavailable(moto: MotoBackend) -> None:
    gone = replace(moto.backend.settings, pepper_secret="arn:gone")
    with pytest.raises(Unavailable):
        _ = replace(moto.backend, settings=gone).keys.peppers


@pytest.mark.parametrize("secret", ['{"p1": "x"}', '{"current": "p2", "p1": "x"}', "{}"])
def test_secret_that_names_no_current_key_is_unavailable(moto: MotoBackend, secret: str) -> None:
    moto.backend.secrets.write(moto.backend.settings.pepper_secret, secret)
    with pytest.raises(Unavailable, match="no current key"):
        _ = moto.backend.keys.peppers


def test_name_of_the_current_key_is_no_key(moto: MotoBackend) -> None:
    assert set(moto.backend.keys.refresh_keys.keys) == {"r1"}


@pytest.mark.parametrize("name", ["public_keys", "peppers", "refresh_keys", "party"])
def test_key_is_refused_without_its_setting(name: str) -> None:
    with pytest.raises(LookupError):
        getattr(Backend(Settings()).keys, name)
