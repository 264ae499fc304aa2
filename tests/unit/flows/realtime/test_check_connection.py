"""Later looks at connections."""

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.realtime.check_connection import check_connection
from gatehouse.realtime.delayed_checks import MAX_DELAY, TIME_TO_CONNECT, DelayedCheck
from gatehouse.stores.connections import GRACE, LEASE
from gatehouse.tokens import ACCESS_LIFE
from tests.support.calls import broken
from tests.support.rooms import a_connection, a_member
from tests.support.sockets import Hall, connect_event
from tests.support.world import World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def look(hall: Hall, connection_id: str, *, first: bool = False) -> None:
    check_connection(hall.backend, DelayedCheck(connection_id=connection_id, first=first))


def test_handshake_is_looked_at_later(hall: Hall) -> None:
    event = connect_event()
    hall.socket(event, None)
    connection_id = event["requestContext"]["connectionId"]
    check = DelayedCheck(connection_id=connection_id, first=True)
    assert hall.checks() == [(check, TIME_TO_CONNECT)]


def test_handshake_that_nobody_would_look_at_later_is_refused(hall: Hall) -> None:
    with broken("SendMessage"):
        assert hall.socket(connect_event(), None) == {"statusCode": 500}


def test_handshake_of_another_origin_is_not_looked_at(hall: Hall) -> None:
    hall.socket(connect_event(origin="https://evil.example"), None)
    assert hall.checks() == []


def test_socket_on_which_nobody_connected_is_closed(hall: Hall) -> None:
    client = hall.stranger()
    look(hall, client.id, first=True)
    assert client.disconnects == [3502]
    assert client.is_closed


def test_socket_that_left_before_is_nothing_to_do(hall: Hall) -> None:
    client = hall.stranger()
    hall.api.gone.add(client.id)
    look(hall, client.id, first=True)
    assert hall.checks() == []


def test_connection_that_is_no_more_is_not_looked_at_again(hall: Hall) -> None:
    client = hall.stranger()
    look(hall, client.id)
    assert (client.received, hall.checks()) == ([], [])


def test_connection_that_lives_is_looked_at_when_its_token_ends(hall: Hall) -> None:
    client = hall.client()
    hall.world.clock.advance(TIME_TO_CONNECT)
    look(hall, client.id, first=True)
    delay = ACCESS_LIFE + GRACE - TIME_TO_CONNECT
    assert hall.checks() == [(DelayedCheck(connection_id=client.id), min(MAX_DELAY, delay))]
    assert client.disconnects == []


def test_connection_without_an_end_is_looked_at_all_the_same(hall: Hall) -> None:
    hall.backend.realtime.connections.open(a_connection(expires_at=None))
    look(hall, a_connection().id)
    assert hall.checks() == [(DelayedCheck(connection_id=a_connection().id), MAX_DELAY)]


def test_connection_whose_token_ended_is_closed(hall: Hall) -> None:
    client = hall.member("room:1")
    hall.checks()
    hall.world.clock.advance(ACCESS_LIFE + GRACE)
    look(hall, client.id)
    assert client.disconnects == [3005]
    assert hall.stored() == []
    assert hall.checks() == []


def test_connection_that_is_marked_as_dead_is_closed(hall: Hall) -> None:
    client = hall.member("room:1")
    hall.backend.realtime.connections.mark_closing(client.id)
    look(hall, client.id)
    assert client.is_closed
    assert hall.stored() == []


def test_connection_whose_frame_died_is_closed(hall: Hall) -> None:
    client = hall.client()
    now = hall.world.clock.now()
    hall.backend.realtime.connections.acquire_lock(
        client.id, 2, fencing_token="t", now=now, channels=frozenset()
    )
    hall.world.clock.advance(LEASE)
    look(hall, client.id)
    assert client.disconnects == []
    hall.world.clock.advance(1)
    look(hall, client.id)
    assert client.disconnects == [3004]


@pytest.mark.parametrize(
    ("token", "pending", "closed"), [("t1", True, True), ("t1", False, False), ("t2", True, False)]
)
def test_join_that_was_never_completed_ends_its_connection(
    hall: Hall, token: str, pending: bool, closed: bool
) -> None:
    client = hall.client()
    hall.backend.realtime.members.add(a_member(client.id, token=token, pending=pending))
    check_connection(
        hall.backend, DelayedCheck(connection_id=client.id, channel="room:1", token="t1")
    )
    assert client.is_closed is closed
    assert bool(list(hall.backend.realtime.members.of("room:1", 0))) is not closed


def test_look_that_fails_comes_again(hall: Hall) -> None:
    client = hall.client()
    with broken("GetItem"), pytest.raises(Unavailable):
        look(hall, client.id)


def test_join_that_died_beside_its_connection_leaves_no_member(hall: Hall) -> None:
    hall.backend.realtime.members.add(a_member("gone="))
    check_connection(
        hall.backend, DelayedCheck(connection_id="gone=", channel="room:1", token="t1")
    )
    assert list(hall.backend.realtime.members.of("room:1", 0)) == []
