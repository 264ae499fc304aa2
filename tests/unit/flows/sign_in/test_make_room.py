"""Make room for one more session."""

from typing import Any

import pytest

from gatehouse.errors import InvalidCredentials
from gatehouse.flows.sign_in import make_room as module
from gatehouse.flows.sign_in.make_room import make_room
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores import item_keys, users
from gatehouse.stores.sessions import IDLE_LIFE
from gatehouse.stores.table import when
from gatehouse.stores.users import User
from harness.moto_backend import MotoBackend
from tests.support.calls import before, contend
from tests.support.people import PHONE, mails, now_of, person, sign_in, tags

MOST = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allows fewer sessions than the service does."""
    monkeypatch.setattr(module, "MAX_SESSIONS", MOST)
    monkeypatch.setattr(users, "MAX_SESSIONS", MOST)


def live(moto: MotoBackend, user: User) -> list[str]:
    """Returns the IDs of the live sessions, the oldest first."""
    sessions = moto.backend.accounts.sessions.of_user(user.id)
    return [each.id for each in sorted(sessions, key=lambda each: each.refreshed_at)]


def several(moto: MotoBackend, user: User, count: int) -> list[Any]:
    started = []
    for _ in range(count):
        moto.clock.advance(1)
        started.append(sign_in(moto, user))
    return started


def test_oldest_session_ends_when_one_more_starts(moto: MotoBackend) -> None:
    user = moto.user()
    started = several(moto, user, MOST + 2)
    assert live(moto, user) == [each.session_id for each in started[2:]]


def test_end_of_the_oldest_is_found_among_the_events(moto: MotoBackend) -> None:
    user = moto.user()
    several(moto, user, MOST + 2)
    assert tags(moto, user.id).count("system:session:end-oldest") == 2
    (event, *_) = [
        each
        for each in moto.backend.accounts.events.latest(user.id, before=None, limit=100)
        if each.tag == "system:session:end-oldest"
    ]
    assert event.address


def test_session_that_was_refreshed_lately_is_not_the_oldest(moto: MotoBackend) -> None:
    user = moto.user()
    first, second, *_ = several(moto, user, MOST)
    moto.clock.advance(1)
    refresh_session(moto.backend, first.tokens.refresh_token, PHONE)
    several(moto, user, 1)
    assert first.session_id in live(moto, user)
    assert second.session_id not in live(moto, user)


def test_sessions_that_ended_leave_room(moto: MotoBackend) -> None:
    user = moto.user()
    first, second, third = several(moto, user, MOST)
    moto.backend.accounts.sessions.revoke(user.id, second.session_id)
    (fourth,) = several(moto, user, 1)
    kept = [each.session_id for each in (first, third, fourth)]
    assert live(moto, user) == kept
    assert "system:session:end-oldest" not in tags(moto, user.id)


def test_sessions_that_expired_leave_room_and_are_cleared(moto: MotoBackend) -> None:
    user = moto.user()
    several(moto, user, MOST)
    moto.clock.advance(IDLE_LIFE)
    (late,) = several(moto, user, 1)
    assert live(moto, user) == [late.session_id]
    assert "system:session:end-oldest" not in tags(moto, user.id)


def test_user_of_the_former_version_is_counted_at_the_next_sign_in(moto: MotoBackend) -> None:
    user = moto.user()
    started = several(moto, user, MOST)
    for _ in range(3):
        moto.backend.accounts.table.update(
            item_keys.user(user.id), when("REMOVE #sessions_started, #sessions_allowed")
        )
        started += several(moto, user, 1)
    assert live(moto, user) == [each.session_id for each in started[-MOST:]]


def test_more_sessions_than_allowed_are_ended_at_the_next_sign_in(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_SESSIONS", 100)
    user = moto.user()
    moto.backend.accounts.users.allow_sessions(user, 100)
    started = several(moto, user, 3 * MOST)
    monkeypatch.setattr(module, "MAX_SESSIONS", MOST)
    moto.backend.accounts.users.allow_sessions(now_of(moto, user), 0)
    started += several(moto, user, 1)
    assert live(moto, user) == [each.session_id for each in started[-MOST:]]
    assert tags(moto, user.id).count("system:session:end-oldest") == 1


def test_start_between_the_count_and_its_note_is_not_forgotten(moto: MotoBackend) -> None:
    user = moto.user()
    several(moto, user, MOST)
    with before("UpdateItem", lambda: several(moto, user, 1)):
        make_room(moto.backend, user, PHONE)
    several(moto, user, 1)
    assert len(live(moto, user)) == MOST


def test_sign_ins_at_the_same_time_are_not_more_than_allowed(moto: MotoBackend) -> None:
    user = moto.user()
    several(moto, user, MOST)

    def one_more() -> None:
        sign_in(moto, user)

    contend("TransactWriteItems", [one_more] * 5)
    assert len(live(moto, user)) == MOST


def test_sockets_of_the_oldest_are_left_to_maintenance(moto: MotoBackend) -> None:
    user = moto.user()
    several(moto, user, MOST + 1)
    (sweep,) = moto.backend.accounts.sweeps.overdue(moto.clock.now())
    assert sweep.user_id == user.id


def test_account_that_changed_meanwhile_loses_no_session(moto: MotoBackend) -> None:
    ada = person(moto)
    several(moto, ada.user, MOST - 1)
    sessions = live(moto, ada.user)
    moto.disable(ada.user)
    with pytest.raises(InvalidCredentials):
        make_room(moto.backend, ada.user, PHONE)
    assert live(moto, ada.user) == sessions
    assert mails(moto) == {}
