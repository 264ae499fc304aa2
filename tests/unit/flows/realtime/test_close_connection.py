"""Closing connections."""

import json

import pytest

from gatehouse.errors import ForcedDisconnect, Unavailable
from gatehouse.flows.realtime.close_connection import (
    RETRY,
    close_connection,
    close_connections_of_session,
    close_connections_of_user,
)
from gatehouse.realtime.delayed_checks import DelayedCheck
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def test_close_leaves_nothing_behind(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    close_connection(sockets.backend, client.id)
    assert sockets.stored() == []


def test_close_leaves_others_alone(sockets: SocketHarness) -> None:
    client, other = sockets.member("room:1"), sockets.member("room:1")
    close_connection(sockets.backend, client.id)
    assert other.result("presence_stats", channel="room:1")["num_clients"] == 1


def test_every_connection_of_a_user_is_closed(sockets: SocketHarness) -> None:
    user, other = sockets.moto.user(), sockets.client()
    clients = [sockets.client(user) for _ in range(3)]
    close_connections_of_user(sockets.backend, user.id)
    assert [client.disconnects for client in clients] == [[3503]] * 3
    assert not other.is_closed


def test_connection_of_a_user_that_could_not_be_closed_is_reported(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    client = sockets.client(user)
    with broken("UpdateItem"), pytest.raises(Unavailable):
        close_connections_of_user(sockets.backend, user.id)
    close_connections_of_user(sockets.backend, user.id)
    assert client.is_closed


def test_close_without_a_reason_says_nothing(sockets: SocketHarness) -> None:
    client = sockets.client()
    close_connection(sockets.backend, client.id)
    assert client.disconnects == []
    assert not client.is_closed


def test_close_with_a_reason_tells_it_and_closes(sockets: SocketHarness) -> None:
    client = sockets.client()
    close_connection(sockets.backend, client.id, ForcedDisconnect())
    assert client.disconnects == [3503]
    assert client.is_closed


def test_close_twice_changes_nothing(sockets: SocketHarness) -> None:
    client = sockets.client()
    for _ in range(2):
        close_connection(sockets.backend, client.id, ForcedDisconnect())
    assert client.disconnects == [3503]


def test_close_that_fails_ends_delivery_and_is_tried_again(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    sockets.checks()
    sockets.api.failing.add(client.id)
    close_connection(sockets.backend, client.id, ForcedDisconnect())
    connection = sockets.backend.realtime.connections.get(client.id)
    assert connection
    assert connection.closing
    assert list(sockets.backend.realtime.members.of("room:1", 0)) == []
    assert sockets.checks() == [(DelayedCheck(connection_id=client.id), RETRY)]


def test_close_that_could_not_tell_why_closes_all_the_same(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    sockets.api.deaf.add(client.id)
    close_connection(sockets.backend, client.id, ForcedDisconnect())
    assert client.is_closed
    assert sockets.stored() == []


def test_close_tells_the_others_who_left(sockets: SocketHarness) -> None:
    client, other = sockets.member("room:1"), sockets.member("room:1")
    close_connection(sockets.backend, client.id)
    assert [each["info"]["user"] for each in other.pushes("leave")] == [client.user_id]


def test_the_end_of_a_session_closes_its_connections_only(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    token = sockets.moto.access_token(user)
    session = sockets.backend.keys.verify_access(token).session_id
    mine = [sockets.stranger(), sockets.stranger()]
    for client in mine:
        client.connect(token=token)
    others = [sockets.client(user), sockets.client()]
    close_connections_of_session(sockets.backend, user.id, session)
    assert [client.disconnects for client in mine] == [[3503], [3503]]
    assert [client.disconnects for client in others] == [[], []]
    assert all(session not in str(item) for item in sockets.stored())


def test_the_end_of_a_session_closes_also_what_is_being_opened(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    token = sockets.moto.access_token(user)
    session = sockets.backend.keys.verify_access(token).session_id
    client = sockets.stranger()
    live_epoch = sockets.backend.accounts.sessions.live_epoch

    def ended_just_after(user_id: str, session_id: str, now: int) -> int | None:
        epoch = live_epoch(user_id, session_id, now)
        sockets.backend.accounts.sessions.revoke(user_id, session_id)
        close_connections_of_session(sockets.backend, user_id, session_id)
        return epoch

    sockets.backend.accounts.sessions.live_epoch = ended_just_after  # type: ignore[method-assign]
    client.send(json.dumps({"id": 1, "connect": {"token": token}}))
    assert client.disconnects == [3503]
    assert "connect" not in str(client.received[1:])
    assert session not in str(sockets.stored())
