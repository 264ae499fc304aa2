"""Log out."""

import pytest

from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.flows.log_out import LogOut, log_out
from gatehouse.flows.refresh_session import RefreshSession, refresh_session
from tests.support.calls import broken
from tests.support.world import World


def leave(world: World, token: str) -> None:
    log_out(world.backend, LogOut(refresh_token=token))


def refreshed(world: World, token: str) -> str:
    return refresh_session(world.backend, RefreshSession(refresh_token=token)).refresh_token


def test_session_is_over_after_its_log_out(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    leave(world, token)
    with pytest.raises(InvalidGrant):
        refreshed(world, token)


def test_older_token_ends_the_session_too(world: World) -> None:
    first = world.sign_in(world.user()).refresh_token
    latest = refreshed(world, first)
    leave(world, first)
    with pytest.raises(InvalidGrant):
        refreshed(world, latest)


def test_other_sessions_go_on(world: World) -> None:
    user = world.user()
    one, other = world.sign_in(user).refresh_token, world.sign_in(user).refresh_token
    leave(world, one)
    assert refreshed(world, other)


def test_log_out_may_come_twice(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    leave(world, token)
    items = world.accounts()
    leave(world, token)
    assert world.accounts() == items


@pytest.mark.parametrize("token", ["", "x", "r1.a.b.0.forged"])
def test_token_that_means_nothing_changes_nothing(world: World, token: str) -> None:
    world.sign_in(world.user())
    items = world.accounts()
    leave(world, token)
    assert world.accounts() == items


def test_log_out_that_was_not_written_is_not_acknowledged(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    with broken("UpdateItem"), pytest.raises(Unavailable):
        leave(world, token)
