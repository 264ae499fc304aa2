"""Log out."""

import pytest

from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.flows.sign_in.log_out import log_out
from gatehouse.flows.sign_in.refresh_session import refresh_session
from tests.support.calls import broken
from tests.support.people import PHONE, person, tags
from tests.support.sockets import Hall
from tests.support.world import World


def leave(world: World, token: str) -> None:
    log_out(world.backend, token, PHONE)


def refreshed(world: World, token: str) -> str:
    return refresh_session(world.backend, token, PHONE).refresh_token


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
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        leave(world, token)


def test_log_out_is_an_event_and_closes_the_socket(world: World) -> None:
    hall = Hall(world)
    ada = person(world)
    client = hall.stranger()
    client.connect(token=ada.tokens.access_token)
    log_out(hall.backend, ada.tokens.refresh_token, PHONE)
    assert "user:session:end" in tags(world, ada.user.id)
    assert client.disconnects == [3503]
