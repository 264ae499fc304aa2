"""Maintenance's round."""

import pytest

from gatehouse.flows.realtime.ping_connections import ping_connections
from gatehouse.stores.connections import GRACE, SLOTS, slot_of
from gatehouse.tokens import ACCESS_LIFE
from tests.support.sockets import Client, Hall
from tests.support.world import START, World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def go_round(hall: Hall) -> int:
    return sum(ping_connections(hall.backend, minute) for minute in range(SLOTS))


def got_since(client: Client, before: int) -> list[object]:
    return client.received[before:]


def test_a_round_pings_each_connection_once(hall: Hall) -> None:
    clients = [hall.client() for _ in range(10)]
    assert go_round(hall) == 10
    assert [client.received[1:] for client in clients] == [[{}]] * 10


def test_a_minute_pings_its_slot_only(hall: Hall) -> None:
    client = hall.client()
    slot = slot_of(client.id)
    for minute in range(START, START + SLOTS):
        ping_connections(hall.backend, minute)
        assert len(client.received) == (2 if minute % SLOTS >= slot else 1)


def test_a_round_writes_nothing(hall: Hall) -> None:
    hall.member("room:1")
    before = hall.stored()
    go_round(hall)
    assert hall.stored() == before


def test_a_connection_that_is_gone_is_cleared(hall: Hall) -> None:
    hall.api.gone.add(hall.member("room:1").id)
    go_round(hall)
    assert hall.stored() == []


def test_a_connection_past_its_token_is_told_to_come_back_and_closed(hall: Hall) -> None:
    client = hall.member("room:1")
    hall.world.clock.advance(ACCESS_LIFE + GRACE)
    go_round(hall)
    assert client.disconnects == [3005]
    assert client.is_closed
    assert hall.stored() == []


def test_a_connection_within_the_grace_is_kept(hall: Hall) -> None:
    client = hall.client()
    hall.world.clock.advance(ACCESS_LIFE + GRACE - 1)
    go_round(hall)
    assert client.received[1:] == [{}]


def test_what_was_left_half_removed_is_removed(hall: Hall) -> None:
    client = hall.member("room:1")
    hall.backend.realtime.connections.mark_closing(client.id)
    go_round(hall)
    assert client.disconnects == [3004]
    assert hall.stored() == []


def test_one_that_fails_stops_no_other(hall: Hall) -> None:
    clients = [hall.client() for _ in range(10)]
    hall.api.failing.add(clients[4].id)
    go_round(hall)
    pinged = [client.received[1:] == [{}] for client in clients]
    assert pinged.count(False) == 1
    assert hall.backend.realtime.connections.get(clients[4].id)
