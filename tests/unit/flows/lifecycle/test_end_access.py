"""End all access of a user: every session, and every socket, whichever session it belongs to."""

import pytest

from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.flows.lifecycle.end_access import end_access
from gatehouse.flows.sign_in.refresh_session import refresh_session
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken
from tests.support.people import PHONE, person


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def test_sessions_and_sockets_end(sockets: SocketHarness) -> None:
    ada = person(sockets.moto)
    client = sockets.client(ada.user)
    end_access(sockets.backend, ada.user.id)
    assert client.disconnects == [3503]
    with pytest.raises(InvalidGrant):
        refresh_session(sockets.moto.backend, ada.tokens.refresh_token, PHONE)


def test_others_are_left_alone(sockets: SocketHarness) -> None:
    other = sockets.client()
    end_access(sockets.backend, sockets.moto.user().id)
    assert not other.is_closed


def test_socket_whose_session_is_gone_ends_too(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    client = sockets.client(user)
    sockets.backend.accounts.users.remove_belongings(user.id, 99)
    end_access(sockets.backend, user.id)
    assert client.disconnects == [3503]


def test_one_socket_that_fails_stops_no_other_and_is_reported(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    clients = [sockets.client(user) for _ in range(2)]
    with broken("UpdateItem"), pytest.raises(Unavailable):
        end_access(sockets.backend, user.id)
    end_access(sockets.backend, user.id)
    assert [client.is_closed for client in clients] == [True, True]


def test_second_time_changes_nothing(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    client = sockets.client(user)
    for _ in range(2):
        end_access(sockets.backend, user.id)
    assert client.disconnects == [3503]
