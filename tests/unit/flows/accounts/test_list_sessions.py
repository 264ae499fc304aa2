"""One's own sessions, the latest first."""

import pytest

from gatehouse.errors import InvalidToken
from gatehouse.flows.accounts.list_sessions import SessionView, list_sessions
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores.sessions import IDLE_LIFE
from tests.support.people import PHONE, person, sign_in
from tests.support.world import World


def test_session_is_shown_with_its_device_and_times(world: World) -> None:
    ada = person(world)
    assert list_sessions(world.backend, ada.identity).sessions == [
        SessionView(
            id=ada.session_id,
            current=True,
            address="192.0.2.1",
            user_agent="test",
            created_at="2027-01-15T08:00:00Z",
            last_seen_at="2027-01-15T08:00:00Z",
            expires_at="2027-01-29T08:00:00Z",
        )
    ]


def test_session_that_was_seen_last_comes_first(world: World) -> None:
    ada = person(world)
    world.clock.advance(1)
    other = sign_in(world, ada.user)
    world.clock.advance(1)
    refresh_session(world.backend, ada.tokens.refresh_token, PHONE)
    shown = list_sessions(world.backend, other.identity).sessions
    assert [(each.id, each.current) for each in shown] == [
        (ada.session_id, False),
        (other.session_id, True),
    ]


def test_revoked_session_is_not_shown(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    world.backend.accounts.sessions.revoke(ada.user.id, other.session_id)
    assert len(list_sessions(world.backend, ada.identity).sessions) == 1


def test_idle_session_is_not_shown(world: World) -> None:
    ada = person(world)
    world.clock.advance(IDLE_LIFE)
    later = sign_in(world, ada.user)
    assert [each.id for each in list_sessions(world.backend, later.identity).sessions] == [
        later.session_id
    ]


def test_sessions_of_others_are_not_shown(world: World) -> None:
    ada, _ = person(world), person(world)
    assert len(list_sessions(world.backend, ada.identity).sessions) == 1


def test_session_that_is_over_lists_nothing(world: World) -> None:
    ada = person(world)
    world.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        list_sessions(world.backend, ada.identity)
