"""The keys of a deployment: how long they are cached, and what a missing one closes."""

from dataclasses import replace

import pytest

from gatehouse.backend.cached import KEYS_LIFE
from gatehouse.backend.keys import UNKNOWN_KEY_LIFE
from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidToken, Unavailable
from gatehouse.keyring import SigningKey, load_private, new_key, new_ring
from gatehouse.settings import Settings
from tests.support.calls import Call, recorded
from tests.support.forgery import claims_of, signed
from tests.support.world import START, World, ring


def key_reads(calls: list[Call]) -> int:
    return sum(call.params.get("Key", {}).get("pk") == {"S": "KEYRING"} for call in calls)


def stranger_token(world: World) -> str:
    key = load_private(ring().next)
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "unknown"}
    return signed(claims_of(world.backend.keys.party), key, **header)


def rotate(world: World, fresh: SigningKey) -> None:
    turned = ring().turned(fresh, START + 1)
    world.backend.keys.public_keys.publish(turned.public(), previous=START, version=START + 1)
    world.backend.secrets.write(world.backend.settings.signing_secret, turned.to_secret())


def try_stranger(world: World) -> None:
    with pytest.raises(InvalidToken):
        world.backend.keys.verify_access(stranger_token(world))


def test_published_keys_are_read_once_for_many_tokens(world: World) -> None:
    token = world.access_token(world.user())
    with recorded() as calls:
        for _ in range(3):
            world.backend.keys.verify_access(token)
    assert key_reads(calls) == 1


def test_unknown_key_makes_the_published_keys_be_read_again_once_in_30_seconds(
    world: World,
) -> None:
    world.backend.keys.verify_access(world.access_token(world.user()))
    world.clock.advance(UNKNOWN_KEY_LIFE + 1)
    with recorded() as calls:
        for _ in range(5):
            try_stranger(world)
            world.clock.advance(UNKNOWN_KEY_LIFE // 5)
    assert key_reads(calls) == 1


def test_unknown_key_right_after_a_read_causes_none(world: World) -> None:
    world.backend.keys.verify_access(world.access_token(world.user()))
    with recorded() as calls:
        try_stranger(world)
    assert key_reads(calls) == 0


def test_token_of_a_key_that_was_taken_into_use_meanwhile_is_verified(world: World) -> None:
    user = world.user()
    world.backend.keys.verify_access(world.access_token(user))
    rotate(world, new_key())
    world.clock.advance(KEYS_LIFE + 1)
    assert world.backend.keys.verify_access(world.access_token(user)).user_id == user.id


def test_token_of_the_former_key_is_verified_after_a_turn(world: World) -> None:
    user = world.user()
    token = world.access_token(user)
    rotate(world, new_key())
    other = replace(world.backend)
    assert other.keys.verify_access(token).user_id == user.id


def test_token_that_was_verified_ends_with_the_key_that_did_it(world: World) -> None:
    token = world.access_token(world.user())
    world.backend.keys.verify_access(token)
    withdrawn = new_ring(START).public()
    world.backend.keys.public_keys.publish(withdrawn, previous=START, version=START + 1)
    world.clock.advance(KEYS_LIFE + 1)
    with pytest.raises(InvalidToken):
        world.backend.keys.verify_access(token)


# What is missing.


def test_unpublished_keys_verify_nothing(world: World) -> None:
    token = world.access_token(world.user())
    key = {"pk": {"S": "KEYRING"}, "sk": {"S": "PUBLIC"}}
    world.dynamodb.delete_item(TableName="AccountsTable", Key=key)
    with pytest.raises(Unavailable):
        world.backend.keys.verify_access(token)


def test_missing_secret_is_unavailable(world: World) -> None:
    gone = replace(world.backend.settings, pepper_secret="arn:gone")
    with pytest.raises(Unavailable):
        _ = replace(world.backend, settings=gone).keys.peppers


@pytest.mark.parametrize("secret", ['{"p1": "x"}', '{"current": "p2", "p1": "x"}', "{}"])
def test_secret_that_names_no_current_key_is_unavailable(world: World, secret: str) -> None:
    world.backend.secrets.write(world.backend.settings.pepper_secret, secret)
    with pytest.raises(Unavailable, match="no current key"):
        _ = world.backend.keys.peppers


def test_name_of_the_current_key_is_no_key(world: World) -> None:
    assert set(world.backend.keys.refresh_keys.keys) == {"r1"}


@pytest.mark.parametrize("name", ["public_keys", "peppers", "refresh_keys", "party"])
def test_key_is_refused_without_its_setting(name: str) -> None:
    with pytest.raises(LookupError):
        getattr(Backend(Settings()).keys, name)
