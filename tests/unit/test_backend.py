"""The composition root: what is kept in memory, for how long, and what is missing closes."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gatehouse.backend import KEYS_LIFE, UNKNOWN_KEY_LIFE, Backend, Kept, production
from gatehouse.errors import InvalidToken, Unavailable
from gatehouse.keyring import SigningKey, load_private, new_key, new_ring
from gatehouse.settings import Settings
from tests.support.calls import Call, recorded
from tests.support.forgery import claims_of, signed
from tests.support.world import START, FixedClock, World, new_world, ring


def key_reads(calls: list[Call]) -> int:
    return sum(call.params.get("Key", {}).get("pk") == {"S": "KEYRING"} for call in calls)


def stranger_token(world: World) -> str:
    key = load_private(ring().next)
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "unknown"}
    return signed(claims_of(world.backend.party), key, **header)


def rotate(world: World, fresh: SigningKey) -> None:
    turned = ring().turned(fresh, START + 1)
    world.backend.public_keys.publish(turned.public(), seen=START, version=START + 1)
    world.backend.secrets.write(world.backend.settings.signing_secret, turned.to_secret())


def try_stranger(world: World) -> None:
    with pytest.raises(InvalidToken):
        world.backend.verify_access(stranger_token(world))


# What is kept.


def test_kept_value_is_read_once_while_it_is_young() -> None:
    clock, reads = FixedClock(), iter(range(9))
    kept = Kept(lambda: next(reads), clock)
    assert kept.get() == 0
    clock.advance(KEYS_LIFE)
    assert kept.get() == 0


def test_kept_value_is_read_again_when_it_is_old() -> None:
    clock, reads = FixedClock(), iter(range(9))
    kept = Kept(lambda: next(reads), clock)
    assert kept.get() == 0
    clock.advance(KEYS_LIFE + 1)
    assert kept.get() == 1


def test_published_keys_are_read_once_for_many_tokens(world: World) -> None:
    token = world.access_token(world.user())
    with recorded() as calls:
        for _ in range(3):
            world.backend.verify_access(token)
    assert key_reads(calls) == 1


def test_unknown_key_makes_the_published_keys_be_read_again_once_in_30_seconds(
    world: World,
) -> None:
    world.backend.verify_access(world.access_token(world.user()))
    world.clock.advance(UNKNOWN_KEY_LIFE + 1)
    with recorded() as calls:
        for _ in range(5):
            try_stranger(world)
            world.clock.advance(UNKNOWN_KEY_LIFE // 5)
    assert key_reads(calls) == 1


def test_unknown_key_right_after_a_read_causes_none(world: World) -> None:
    world.backend.verify_access(world.access_token(world.user()))
    with recorded() as calls:
        try_stranger(world)
    assert key_reads(calls) == 0


def test_token_of_a_key_that_was_taken_into_use_meanwhile_is_verified(world: World) -> None:
    user = world.user()
    world.backend.verify_access(world.access_token(user))
    rotate(world, new_key())
    world.clock.advance(KEYS_LIFE + 1)
    assert world.backend.verify_access(world.access_token(user)).user_id == user.id


def test_token_of_the_former_key_is_verified_after_a_turn(world: World) -> None:
    user = world.user()
    token = world.access_token(user)
    rotate(world, new_key())
    other = replace(world.backend)
    assert other.verify_access(token).user_id == user.id


def test_token_that_was_verified_ends_with_the_key_that_did_it(world: World) -> None:
    token = world.access_token(world.user())
    world.backend.verify_access(token)
    withdrawn = new_ring(START).public()
    world.backend.public_keys.publish(withdrawn, seen=START, version=START + 1)
    world.clock.advance(KEYS_LIFE + 1)
    with pytest.raises(InvalidToken):
        world.backend.verify_access(token)


# What is missing.


def test_unpublished_keys_verify_nothing(world: World) -> None:
    token = world.access_token(world.user())
    key = {"pk": {"S": "KEYRING"}, "sk": {"S": "PUBLIC"}}
    world.dynamodb.delete_item(TableName="AccountsTable", Key=key)
    with pytest.raises(Unavailable):
        world.backend.verify_access(token)


@pytest.mark.parametrize("name", ["accounts", "realtime", "outbox", "post_office", "peppers"])
def test_backend_without_its_settings_closes(name: str) -> None:
    with pytest.raises(LookupError):
        getattr(Backend(Settings()), name)


def test_missing_secret_is_unavailable(world: World) -> None:
    gone = world.backend.settings._replace(pepper_secret="arn:gone")
    with pytest.raises(Unavailable):
        _ = replace(world.backend, settings=gone).peppers


@pytest.mark.parametrize("secret", ['{"p1": "x"}', '{"current": "p2", "p1": "x"}', "{}"])
def test_secret_that_names_no_current_key_is_unavailable(world: World, secret: str) -> None:
    world.backend.secrets.write(world.backend.settings.pepper_secret, secret)
    with pytest.raises(Unavailable, match="no current key"):
        _ = world.backend.peppers


def test_name_of_the_current_key_is_no_key(world: World) -> None:
    assert set(world.backend.refresh_keys.keys) == {"r1"}


# The backend of a process.


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    variables = {"AUDIENCE": "app"}
    monkeypatch.setattr(os, "environ", variables)
    production.cache_clear()
    yield variables
    production.cache_clear()


def test_issuer_is_the_address_of_the_api_where_none_is_configured(
    environment: dict[str, str],
) -> None:
    assert production("https://a.example").settings.public_url == "https://a.example"


def test_issuer_is_the_configured_address_whatever_is_asked(environment: dict[str, str]) -> None:
    environment["PUBLIC_URL"] = "https://api.example.com"
    assert production("https://a.example").settings.public_url == "https://api.example.com"


def test_process_has_one_backend_for_an_address(environment: dict[str, str]) -> None:
    assert production("https://a.example") is production("https://a.example")


def test_world_can_have_other_settings() -> None:
    with new_world(audience="other") as world:
        assert world.backend.party.audience == "other"
