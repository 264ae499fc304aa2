"""The key ring in use: made once, turned one step at a time, never lost."""

from dataclasses import replace

import pytest

from gatehouse.aws import ConditionFailed
from gatehouse.errors import Unavailable
from gatehouse.flows.accounts.turn_keys import LEAST_INTERVAL, TURN_TIME, ensure_keys, turn_keys
from gatehouse.keyring import PrivateRing
from gatehouse.stores import item_keys
from tests.support.calls import before, broken
from tests.support.world import START, World, ring


@pytest.fixture
def first(world: World) -> World:
    """A world at its first deployment: a placeholder in the secret, nothing published."""
    world.backend.secrets.write(world.backend.settings.signing_secret, "placeholder")
    world.backend.accounts.table.delete(item_keys.public_keys())
    return world


def published_kids(world: World) -> list[str]:
    return [key["kid"] for key in world.backend.keys.public_keys.read()["keys"]]


def kept(world: World) -> PrivateRing:
    return world.backend.keys.private_ring()


def assert_consistent(world: World) -> None:
    """What signs now, and what will sign next, is published."""
    assert {kept(world).current.kid, kept(world).next.kid} <= set(published_kids(world))


# The first deployment.


def test_first_deployment_makes_and_publishes_a_ring(first: World) -> None:
    ensure_keys(first.backend)
    assert published_kids(first) == [kept(first).current.kid, kept(first).next.kid]


def test_second_deployment_keeps_the_ring(world: World) -> None:
    ensure_keys(world.backend)
    assert kept(world) == ring()


def test_ring_that_was_never_published_is_published(world: World) -> None:
    world.backend.accounts.table.delete(item_keys.public_keys())
    ensure_keys(world.backend)
    assert_consistent(world)
    assert kept(world) == ring()


def test_first_deployment_that_failed_half_way_can_be_tried_again(first: World) -> None:
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        ensure_keys(first.backend)
    first.clock.advance(1)
    ensure_keys(first.backend)
    assert_consistent(first)


def test_overlapping_first_deployments_make_one_ring(first: World) -> None:
    with (
        before("PutItem", lambda: ensure_keys(first.backend)),
        pytest.raises(ConditionFailed),
    ):
        ensure_keys(first.backend)
    assert_consistent(first)


# Turns.


def test_turn_takes_the_next_key_into_use(world: World) -> None:
    world.clock.advance(LEAST_INTERVAL)
    turn_keys(world.backend)
    assert (kept(world).current, kept(world).previous) == (ring().next, ring().current)
    assert kept(world).next.kid not in {ring().current.kid, ring().next.kid}


def test_turn_publishes_all_three_keys(world: World) -> None:
    world.clock.advance(LEAST_INTERVAL)
    turn_keys(world.backend)
    assert published_kids(world) == [ring().next.kid, kept(world).next.kid, ring().current.kid]


def test_tokens_live_through_a_turn(world: World) -> None:
    user = world.user()
    world.clock.advance(LEAST_INTERVAL)
    before_it = world.access_token(user)
    turn_keys(world.backend)
    fresh = replace(world.backend)
    after_it = replace(world, backend=fresh).access_token(user)
    proved = [fresh.keys.verify_access(token).user_id for token in (before_it, after_it)]
    assert proved == [user.id, user.id]


def test_second_turn_within_a_day_does_nothing(world: World) -> None:
    world.clock.advance(LEAST_INTERVAL)
    turn_keys(world.backend)
    once = kept(world)
    world.clock.advance(LEAST_INTERVAL - 1)
    turn_keys(world.backend)
    assert kept(world) == once


@pytest.mark.parametrize("operation", ["GetItem", "GetSecretValue", "PutItem", "PutSecretValue"])
def test_overlapping_turns_are_one_turn(world: World, operation: str) -> None:
    world.clock.advance(LEAST_INTERVAL)
    with before(operation, lambda: turn_keys(world.backend)):
        turn_keys(world.backend)
    assert kept(world).previous == ring().current
    assert set(published_kids(world)) == {
        kept(world).current.kid,
        kept(world).next.kid,
        ring().current.kid,
    }


def test_turn_whose_first_write_fails_changes_nothing(world: World) -> None:
    world.clock.advance(LEAST_INTERVAL)
    with broken("PutItem"), pytest.raises(Unavailable):
        turn_keys(world.backend)
    assert kept(world) == ring()
    assert published_kids(world) == [ring().current.kid, ring().next.kid]


def test_turn_whose_second_write_fails_leaves_every_key_in_use_published(world: World) -> None:
    world.clock.advance(LEAST_INTERVAL)
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        turn_keys(world.backend)
    assert kept(world) == ring()
    assert_consistent(world)


def test_turn_whose_second_write_failed_can_be_tried_again(world: World) -> None:
    world.clock.advance(LEAST_INTERVAL)
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        turn_keys(world.backend)
    world.clock.advance(TURN_TIME)
    turn_keys(world.backend)
    assert kept(world).turned_at == START + LEAST_INTERVAL + TURN_TIME
    assert_consistent(world)


def test_ring_that_was_never_made_is_not_turned(first: World) -> None:
    with pytest.raises(Unavailable):
        turn_keys(first.backend)
