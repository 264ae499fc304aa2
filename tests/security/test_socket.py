"""What one client may do to the socket at the expense of everybody else."""

import pytest

from gatehouse.flows import connect
from gatehouse.websocket.exchange import MAX_SPENT, WINDOW
from gatehouse.websocket.turnstile import MAX_BACKLOG
from tests.support.sockets import Client, Hall
from tests.support.world import World

PUBLISH = ("publish", {"channel": "typing:1", "data": 1})


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def flooding(hall: Hall) -> Client:
    """A client that has sent as much as one may."""
    client = hall.member("typing:1")
    while (left := MAX_SPENT - _spent(hall, client)) > 0:
        client.tell(*[("rpc", {"method": "time"})] * min(left, 300))
    return client


def _spent(hall: Hall, client: Client) -> int:
    connection = hall.backend.connections.get(client.id)
    assert connection
    return connection.spent


def test_flood_of_commands_is_refused_and_not_carried_out(hall: Hall) -> None:
    client = flooding(hall)
    client.tell(PUBLISH)
    assert (client.replies[-1]["error"]["code"], client.publications) == (111, [])
    assert client.replies[-1]["error"]["temporary"]


def test_flood_does_not_keep_anybody_from_leaving_a_channel(hall: Hall) -> None:
    assert flooding(hall).result("unsubscribe", channel="typing:1") == {}


def test_flood_of_one_is_no_matter_to_others(hall: Hall) -> None:
    flooding(hall)
    assert hall.client().result("publish", channel="typing:1", data=1) == {}


def test_flood_is_forgotten_after_its_window(hall: Hall) -> None:
    client = flooding(hall)
    hall.world.clock.advance(WINDOW)
    client.tell(PUBLISH)
    assert client.publications == [1]


def test_frames_far_ahead_of_their_turn_end_the_connection(hall: Hall) -> None:
    client = hall.client()
    client.send(f'{{"id":{MAX_BACKLOG + 2},"rpc":{{"method":"time"}}}}')
    assert client.disconnects == [3013]
    assert hall.waits == []


def test_one_user_cannot_hold_connections_without_end(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "MAX_CONNECTIONS", 2)
    user = hall.world.user()
    hall.client(user)
    hall.client(user)
    third = hall.stranger()
    third.tell(("connect", {"token": hall.world.access_token(user)}))
    assert third.disconnects == [3504]
    assert not any(third.id in str(item) for item in hall.stored())
    hall.client()
