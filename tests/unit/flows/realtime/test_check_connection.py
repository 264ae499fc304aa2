"""Delayed checks of connections."""

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.realtime.check_connection import check_connection
from gatehouse.realtime.delayed_checks import MAX_DELAY, TIME_TO_CONNECT, DelayedCheck
from gatehouse.stores.connections import GRACE, LEASE
from gatehouse.tokens import ACCESS_LIFE
from harness.moto_backend import MotoBackend
from harness.records import a_connection, a_member
from harness.socket_harness import SocketHarness, connect_event
from tests.support.calls import broken


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def look(sockets: SocketHarness, connection_id: str, *, first: bool = False) -> None:
    check_connection(sockets.backend, DelayedCheck(connection_id=connection_id, first=first))


def test_handshake_is_looked_at_later(sockets: SocketHarness) -> None:
    event = connect_event()
    sockets.socket(event, None)
    connection_id = event["requestContext"]["connectionId"]
    check = DelayedCheck(connection_id=connection_id, first=True)
    assert sockets.checks() == [(check, TIME_TO_CONNECT)]


def test_handshake_that_nobody_would_look_at_later_is_refused(sockets: SocketHarness) -> None:
    with broken("SendMessage"):
        assert sockets.socket(connect_event(), None) == {"statusCode": 500}


def test_handshake_of_another_origin_is_not_looked_at(sockets: SocketHarness) -> None:
    sockets.socket(connect_event(origin="https://evil.example"), None)
    assert sockets.checks() == []


def test_socket_on_which_nobody_connected_is_closed(sockets: SocketHarness) -> None:
    client = sockets.stranger()
    look(sockets, client.id, first=True)
    assert client.disconnects == [3502]
    assert client.is_closed


def test_socket_that_left_before_is_nothing_to_do(sockets: SocketHarness) -> None:
    client = sockets.stranger()
    sockets.api.gone.add(client.id)
    look(sockets, client.id, first=True)
    assert sockets.checks() == []


def test_connection_that_is_no_more_is_not_looked_at_again(sockets: SocketHarness) -> None:
    client = sockets.stranger()
    look(sockets, client.id)
    assert (client.received, sockets.checks()) == ([], [])


def test_connection_that_lives_is_looked_at_when_its_token_ends(sockets: SocketHarness) -> None:
    client = sockets.client()
    sockets.moto.clock.advance(TIME_TO_CONNECT)
    look(sockets, client.id, first=True)
    delay = ACCESS_LIFE + GRACE - TIME_TO_CONNECT
    assert sockets.checks() == [(DelayedCheck(connection_id=client.id), min(MAX_DELAY, delay))]
    assert client.disconnects == []


def test_connection_without_an_end_is_looked_at_all_the_same(sockets: SocketHarness) -> None:
    sockets.backend.realtime.connections.open(a_connection(expires_at=None))
    look(sockets, a_connection().id)
    assert sockets.checks() == [(DelayedCheck(connection_id=a_connection().id), MAX_DELAY)]


def test_connection_whose_token_ended_is_closed(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    sockets.checks()
    sockets.moto.clock.advance(ACCESS_LIFE + GRACE)
    look(sockets, client.id)
    assert client.disconnects == [3005]
    assert sockets.stored() == []
    assert sockets.checks() == []


def test_connection_that_is_marked_as_dead_is_closed(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    sockets.backend.realtime.connections.mark_closing(client.id)
    look(sockets, client.id)
    assert client.is_closed
    assert sockets.stored() == []


def test_connection_whose_frame_died_is_closed(sockets: SocketHarness) -> None:
    client = sockets.client()
    now = sockets.moto.clock.now()
    sockets.backend.realtime.connections.acquire_lock(
        client.id, 2, fencing_token="t", now=now, channels=frozenset()
    )
    sockets.moto.clock.advance(LEASE)
    look(sockets, client.id)
    assert client.disconnects == []
    sockets.moto.clock.advance(1)
    look(sockets, client.id)
    assert client.disconnects == [3004]


@pytest.mark.parametrize(
    ("token", "pending", "closed"), [("t1", True, True), ("t1", False, False), ("t2", True, False)]
)
def test_join_that_was_never_completed_ends_its_connection(
    sockets: SocketHarness, token: str, pending: bool, closed: bool
) -> None:
    client = sockets.client()
    sockets.backend.realtime.members.add(a_member(client.id, token=token, pending=pending))
    check_connection(
        sockets.backend, DelayedCheck(connection_id=client.id, channel="room:1", token="t1")
    )
    assert client.is_closed is closed
    assert bool(list(sockets.backend.realtime.members.of("room:1", 0))) is not closed


def test_look_that_fails_comes_again(sockets: SocketHarness) -> None:
    client = sockets.client()
    with broken("GetItem"), pytest.raises(Unavailable):
        look(sockets, client.id)


def test_join_that_died_beside_its_connection_leaves_no_member(sockets: SocketHarness) -> None:
    sockets.backend.realtime.members.add(a_member("gone="))
    check_connection(
        sockets.backend, DelayedCheck(connection_id="gone=", channel="room:1", token="t1")
    )
    assert list(sockets.backend.realtime.members.of("room:1", 0)) == []
