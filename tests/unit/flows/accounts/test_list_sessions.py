"""List the caller's sessions, the latest first."""

import pytest

from gatehouse.errors import InvalidToken
from gatehouse.flows.accounts.list_sessions import SessionView, list_sessions
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores.sessions import IDLE_LIFE
from harness.moto_backend import MotoBackend
from tests.support.people import PHONE, person, sign_in


def test_session_is_shown_with_its_device_and_times(moto: MotoBackend) -> None:
    ada = person(moto)
    assert list_sessions(moto.backend, ada.identity).sessions == [
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


def test_session_that_was_seen_last_comes_first(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.clock.advance(1)
    other = sign_in(moto, ada.user)
    moto.clock.advance(1)
    refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)
    shown = list_sessions(moto.backend, other.identity).sessions
    assert [(each.id, each.current) for each in shown] == [
        (ada.session_id, False),
        (other.session_id, True),
    ]


def test_revoked_session_is_not_shown(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    moto.backend.accounts.sessions.revoke(ada.user.id, other.session_id)
    assert len(list_sessions(moto.backend, ada.identity).sessions) == 1


def test_idle_session_is_not_shown(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.clock.advance(IDLE_LIFE)
    later = sign_in(moto, ada.user)
    assert [each.id for each in list_sessions(moto.backend, later.identity).sessions] == [
        later.session_id
    ]


def test_sessions_of_others_are_not_shown(moto: MotoBackend) -> None:
    ada, _ = person(moto), person(moto)
    assert len(list_sessions(moto.backend, ada.identity).sessions) == 1


def test_session_that_is_over_lists_nothing(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        list_sessions(moto.backend, ada.identity)
