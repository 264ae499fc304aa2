"""End sessions and close their sockets: one, the others, or all."""

import pytest

from gatehouse.errors import InvalidGrant, InvalidToken, NotFound, Unavailable
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.end_sessions import (
    end_outdated_sessions,
    end_own_session,
    end_own_sessions,
    end_session,
    end_sessions,
)
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores.sessions import IDLE_LIFE, Session
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import before, broken, contend, recorded
from tests.support.people import PHONE, Person, now_of, person, remove, sign_in, tags


def is_on(moto: MotoBackend, who: Person) -> bool:
    try:
        active_user(moto.backend, who.identity)
        refresh_session(moto.backend, who.tokens.refresh_token, PHONE)
    except (InvalidToken, InvalidGrant):
        return False
    return True


def test_ended_session_is_over(moto: MotoBackend) -> None:
    ada = person(moto)
    assert end_session(moto.backend, ada.user.id, ada.session_id)
    assert not is_on(moto, ada)


def test_session_that_is_over_is_not_ended_again(moto: MotoBackend) -> None:
    ada = person(moto)
    end_session(moto.backend, ada.user.id, ada.session_id)
    assert not end_session(moto.backend, ada.user.id, ada.session_id)
    assert tags(moto, ada.user.id).count("user:session:end") == 1


def test_sockets_are_closed_by_whoever_tries_again(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    client = sockets.stranger()
    client.connect(token=ada.tokens.access_token)
    sockets.api.failing.add(client.id)
    end_session(sockets.backend, ada.user.id, ada.session_id)
    sockets.api.failing.clear()
    end_session(sockets.backend, ada.user.id, ada.session_id)
    assert client.disconnects == [3503]


def test_own_session_is_ended_with_its_socket(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    other = sign_in(moto, ada.user)
    client = sockets.stranger()
    client.connect(token=other.tokens.access_token)
    end_own_session(sockets.backend, ada.identity, other.session_id, PHONE)
    assert (is_on(moto, ada), is_on(moto, other)) == (True, False)
    assert client.is_closed


@pytest.mark.parametrize("session_id", ["", "0" * 32, "a#b", "PROFILE", "x" * 5_000])
def test_session_that_never_was_is_not_found(moto: MotoBackend, session_id: str) -> None:
    with pytest.raises(NotFound):
        end_own_session(moto.backend, person(moto).identity, session_id, PHONE)


def test_session_of_somebody_else_is_not_found_and_goes_on(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    with pytest.raises(NotFound):
        end_own_session(moto.backend, eve.identity, ada.session_id, PHONE)
    assert is_on(moto, ada)


def test_revoked_session_ends_no_other(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    end_session(moto.backend, ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        end_own_session(moto.backend, ada.identity, other.session_id, PHONE)
    assert is_on(moto, other)


def test_all_others_are_ended(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    others = [sign_in(moto, ada.user) for _ in range(3)]
    end_own_sessions(moto.backend, ada.identity, PHONE, keep_current=True)
    assert (is_on(moto, ada), is_on(moto, eve)) == (True, True)
    assert [is_on(moto, other) for other in others] == [False] * 3
    assert "user:session:end-others" in tags(moto, ada.user.id)


def test_end_of_the_others_is_recorded_once_however_often_it_is_asked_for(
    moto: MotoBackend,
) -> None:
    ada = person(moto)
    sign_in(moto, ada.user)
    for _ in range(3):
        end_own_sessions(moto.backend, ada.identity, PHONE, keep_current=True)
    assert tags(moto, ada.user.id).count("user:session:end-others") == 1


def test_nothing_is_recorded_where_no_other_session_ends(moto: MotoBackend) -> None:
    ada = person(moto)
    end_own_sessions(moto.backend, ada.identity, PHONE, keep_current=True)
    assert tags(moto, ada.user.id) == ["user:session:start"]


def test_nothing_is_recorded_where_the_others_had_expired(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.clock.advance(IDLE_LIFE)
    late = sign_in(moto, ada.user)
    end_own_sessions(moto.backend, late.identity, PHONE, keep_current=True)
    assert "user:session:end-others" not in tags(moto, ada.user.id)


def test_one_of_two_requests_at_the_same_time_records_the_end(moto: MotoBackend) -> None:
    ada = person(moto)
    sign_in(moto, ada.user)

    def end() -> None:
        end_own_sessions(moto.backend, ada.identity, PHONE, keep_current=True)

    contend("TransactWriteItems", [end] * 2)
    assert tags(moto, ada.user.id).count("user:session:end-others") == 1


def test_nothing_is_left_of_an_account_that_is_deleted_meanwhile(moto: MotoBackend) -> None:
    ada = person(moto)
    sign_in(moto, ada.user)
    with before("TransactWriteItems", lambda: remove(moto, ada.user)):
        end_own_sessions(moto.backend, ada.identity, PHONE, keep_current=True)
    assert not [item for item in moto.accounts() if ada.user.id in item["pk"]["S"]]


def test_all_are_ended(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    end_own_sessions(moto.backend, ada.identity, PHONE, keep_current=False)
    assert (is_on(moto, ada), is_on(moto, other)) == (False, False)
    assert "user:session:end-all" in tags(moto, ada.user.id)


def test_what_was_interrupted_is_finished_by_the_second_time(moto: MotoBackend) -> None:
    ada = person(moto)
    others = [sign_in(moto, ada.user) for _ in range(2)]

    def choose(stored: list[Session]) -> list[Session]:
        return [session for session in stored if session.id != ada.session_id]

    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        end_sessions(moto.backend, ada.user.id, choose)
    end_sessions(moto.backend, ada.user.id, choose)
    assert [is_on(moto, each) for each in [ada, *others]] == [True, False, False]


def test_outdated_sessions_end_and_newer_ones_go_on(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.transact(moto.backend.accounts.users.changing_password(ada.user, "h"))
    newer = sign_in(moto, now_of(moto, ada.user))
    end_outdated_sessions(moto.backend, ada.user.id, newer.user.token_epoch)
    assert [each.id for each in moto.backend.accounts.sessions.of_user(ada.user.id)] == [
        newer.session_id
    ]


def test_sockets_of_many_sessions_are_found_with_one_query(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    others = [sign_in(moto, ada.user) for _ in range(3)]
    clients = [sockets.stranger() for _ in (ada, *others)]
    for client, who in zip(clients, (ada, *others), strict=True):
        client.connect(token=who.tokens.access_token)
    with recorded() as calls:
        end_own_sessions(sockets.backend, ada.identity, PHONE, keep_current=True)
    queries = [call for call in calls if call.operation == "Query"]
    of_index = [call for call in queries if call.params["TableName"] == "RealtimeTable"]
    assert len(of_index) == 1
    assert [client.is_closed for client in clients] == [False, True, True, True]


def test_socket_of_a_session_that_starts_meanwhile_stays(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    other = sign_in(moto, ada.user)
    old, new = sockets.stranger(), sockets.stranger()
    old.connect(token=other.tokens.access_token)

    def meanwhile() -> None:
        new.connect(token=sign_in(moto, ada.user).tokens.access_token)

    with before("TransactWriteItems", meanwhile):
        end_own_sessions(sockets.backend, ada.identity, PHONE, keep_current=True)
    assert (old.is_closed, new.is_closed) == (True, False)


def test_sockets_that_an_interrupted_end_left_are_closed_by_the_next(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    other = sign_in(moto, ada.user)
    client = sockets.stranger()
    client.connect(token=other.tokens.access_token)
    moto.backend.accounts.sessions.revoke(ada.user.id, other.session_id)
    end_own_sessions(sockets.backend, ada.identity, PHONE, keep_current=True)
    assert client.is_closed
