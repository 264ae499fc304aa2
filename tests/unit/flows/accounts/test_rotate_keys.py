"""The key ring in use: created once, rotated one step at a time, never lost."""

from dataclasses import replace

import pytest

from gatehouse.aws import ConditionFailed
from gatehouse.errors import Unavailable
from gatehouse.flows.accounts.rotate_keys import (
    LEAST_INTERVAL,
    ROTATION_TIME,
    ensure_keys,
    rotate_keys,
)
from gatehouse.keyring import PrivateRing
from gatehouse.stores import item_keys
from harness.moto_backend import START, MotoBackend, ring
from tests.support.calls import before, broken


@pytest.fixture
def first(moto: MotoBackend) -> MotoBackend:
    """A backend at its first deployment: a placeholder in the secret, nothing published."""
    moto.backend.secrets.write(moto.backend.settings.signing_secret, "placeholder")
    moto.backend.accounts.table.delete(item_keys.public_keys())
    return moto


def published_kids(moto: MotoBackend) -> list[str]:
    return [key["kid"] for key in moto.backend.keys.public_keys.read()["keys"]]


def stored_ring(moto: MotoBackend) -> PrivateRing:
    return moto.backend.keys.private_ring()


def assert_consistent(moto: MotoBackend) -> None:
    """Asserts that the current and the next signing key are published."""
    assert {stored_ring(moto).current.kid, stored_ring(moto).next.kid} <= set(published_kids(moto))


# The first deployment.


def test_first_deployment_makes_and_publishes_a_ring(first: MotoBackend) -> None:
    ensure_keys(first.backend)
    assert published_kids(first) == [stored_ring(first).current.kid, stored_ring(first).next.kid]


def test_second_deployment_keeps_the_ring(moto: MotoBackend) -> None:
    ensure_keys(moto.backend)
    assert stored_ring(moto) == ring()


def test_ring_that_was_never_published_is_published(moto: MotoBackend) -> None:
    moto.backend.accounts.table.delete(item_keys.public_keys())
    ensure_keys(moto.backend)
    assert_consistent(moto)
    assert stored_ring(moto) == ring()


def test_first_deployment_that_failed_half_way_can_be_tried_again(first: MotoBackend) -> None:
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        ensure_keys(first.backend)
    first.clock.advance(1)
    ensure_keys(first.backend)
    assert_consistent(first)


def test_overlapping_first_deployments_make_one_ring(first: MotoBackend) -> None:
    with (
        before("PutItem", lambda: ensure_keys(first.backend)),
        pytest.raises(ConditionFailed),
    ):
        ensure_keys(first.backend)
    assert_consistent(first)


# Rotations.


def test_turn_takes_the_next_key_into_use(moto: MotoBackend) -> None:
    moto.clock.advance(LEAST_INTERVAL)
    rotate_keys(moto.backend)
    assert (stored_ring(moto).current, stored_ring(moto).previous) == (ring().next, ring().current)
    assert stored_ring(moto).next.kid not in {ring().current.kid, ring().next.kid}


def test_turn_publishes_all_three_keys(moto: MotoBackend) -> None:
    moto.clock.advance(LEAST_INTERVAL)
    rotate_keys(moto.backend)
    assert published_kids(moto) == [ring().next.kid, stored_ring(moto).next.kid, ring().current.kid]


def test_tokens_live_through_a_turn(moto: MotoBackend) -> None:
    user = moto.user()
    moto.clock.advance(LEAST_INTERVAL)
    before_it = moto.access_token(user)
    rotate_keys(moto.backend)
    fresh = replace(moto.backend)
    after_it = replace(moto, backend=fresh).access_token(user)
    proved = [fresh.keys.verify_access(token).user_id for token in (before_it, after_it)]
    assert proved == [user.id, user.id]


def test_second_turn_within_a_day_does_nothing(moto: MotoBackend) -> None:
    moto.clock.advance(LEAST_INTERVAL)
    rotate_keys(moto.backend)
    once = stored_ring(moto)
    moto.clock.advance(LEAST_INTERVAL - 1)
    rotate_keys(moto.backend)
    assert stored_ring(moto) == once


@pytest.mark.parametrize("operation", ["GetItem", "GetSecretValue", "PutItem", "PutSecretValue"])
def test_overlapping_turns_are_one_turn(moto: MotoBackend, operation: str) -> None:
    moto.clock.advance(LEAST_INTERVAL)
    with before(operation, lambda: rotate_keys(moto.backend)):
        rotate_keys(moto.backend)
    assert stored_ring(moto).previous == ring().current
    assert set(published_kids(moto)) == {
        stored_ring(moto).current.kid,
        stored_ring(moto).next.kid,
        ring().current.kid,
    }


def test_turn_whose_first_write_fails_changes_nothing(moto: MotoBackend) -> None:
    moto.clock.advance(LEAST_INTERVAL)
    with broken("PutItem"), pytest.raises(Unavailable):
        rotate_keys(moto.backend)
    assert stored_ring(moto) == ring()
    assert published_kids(moto) == [ring().current.kid, ring().next.kid]


def test_turn_whose_second_write_fails_leaves_every_key_in_use_published(moto: MotoBackend) -> None:
    moto.clock.advance(LEAST_INTERVAL)
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        rotate_keys(moto.backend)
    assert stored_ring(moto) == ring()
    assert_consistent(moto)


def test_turn_whose_second_write_failed_can_be_tried_again(moto: MotoBackend) -> None:
    moto.clock.advance(LEAST_INTERVAL)
    with broken("PutSecretValue"), pytest.raises(Unavailable):
        rotate_keys(moto.backend)
    moto.clock.advance(ROTATION_TIME)
    rotate_keys(moto.backend)
    assert stored_ring(moto).rotated_at == START + LEAST_INTERVAL + ROTATION_TIME
    assert_consistent(moto)


def test_ring_that_was_never_made_is_not_rotated(first: MotoBackend) -> None:
    with pytest.raises(Unavailable):
        rotate_keys(first.backend)
