"""What happens to a connection while it subscribes."""

import pytest

from gatehouse.flows.close_connection import close_connection
from gatehouse.stores.connections import Connection
from tests.support.sockets import Client, Hall
from tests.support.world import World

LATER = 600


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def subscribe(client: Client) -> None:
    client.send('{"id":2,"subscribe":{"channel":"room:1"}}')


def test_a_connection_that_is_closed_meanwhile_leaves_no_member(hall: Hall) -> None:
    client = hall.client()
    add = hall.backend.members.add

    def after_the_end(channel: str, connection: Connection) -> None:
        close_connection(hall.backend, connection.id)
        add(channel, connection)

    hall.backend.members.add = after_the_end  # type: ignore[method-assign]
    subscribe(client)
    assert hall.stored() == []


def test_a_connection_that_is_being_closed_meanwhile_leaves_no_member(hall: Hall) -> None:
    client = hall.client()
    add = hall.backend.members.add

    def after_the_mark(channel: str, connection: Connection) -> None:
        hall.backend.connections.bury(connection.id)
        add(channel, connection)

    hall.backend.members.add = after_the_mark  # type: ignore[method-assign]
    subscribe(client)
    assert list(hall.backend.members.of("room:1", hall.world.clock.now())) == []


def test_a_connection_that_is_refreshed_meanwhile_has_its_new_end_as_a_member(hall: Hall) -> None:
    client = hall.client()
    add = hall.backend.members.add

    def after_the_refresh(channel: str, connection: Connection) -> None:
        hall.backend.connections.extend(connection, connection.expires_at + LATER)
        add(channel, connection)

    hall.backend.members.add = after_the_refresh  # type: ignore[method-assign]
    subscribe(client)
    connection = hall.backend.connections.get(client.id)
    (member,) = hall.backend.members.of("room:1", hall.world.clock.now())
    assert connection
    assert member.expires_at == connection.expires_at
