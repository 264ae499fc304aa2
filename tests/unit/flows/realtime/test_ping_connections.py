"""Pinging the connections, slot by slot."""

import pytest

from gatehouse.flows.realtime.ping_connections import ping_connections
from gatehouse.stores.connections import GRACE, SLOTS, slot_of
from gatehouse.tokens import ACCESS_LIFE
from harness.moto_backend import START, MotoBackend
from harness.socket_harness import Client, SocketHarness


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def go_round(sockets: SocketHarness) -> int:
    return sum(ping_connections(sockets.backend, minute) for minute in range(SLOTS))


def got_since(client: Client, before: int) -> list[object]:
    return client.received[before:]


def test_a_round_pings_each_connection_once(sockets: SocketHarness) -> None:
    clients = [sockets.client() for _ in range(10)]
    assert go_round(sockets) == 10
    assert [client.received[1:] for client in clients] == [[{}]] * 10


def test_a_minute_pings_its_slot_only(sockets: SocketHarness) -> None:
    client = sockets.client()
    slot = slot_of(client.id)
    for minute in range(START, START + SLOTS):
        ping_connections(sockets.backend, minute)
        assert len(client.received) == (2 if minute % SLOTS >= slot else 1)


def test_a_round_writes_nothing(sockets: SocketHarness) -> None:
    sockets.member("room:1")
    before = sockets.stored()
    go_round(sockets)
    assert sockets.stored() == before


def test_a_connection_that_is_gone_is_cleared(sockets: SocketHarness) -> None:
    sockets.api.gone.add(sockets.member("room:1").id)
    go_round(sockets)
    assert sockets.stored() == []


def test_a_connection_past_its_token_is_told_to_come_back_and_closed(
    sockets: SocketHarness,
) -> None:
    client = sockets.member("room:1")
    sockets.moto.clock.advance(ACCESS_LIFE + GRACE)
    go_round(sockets)
    assert client.disconnects == [3005]
    assert client.is_closed
    assert sockets.stored() == []


def test_a_connection_within_the_grace_is_kept(sockets: SocketHarness) -> None:
    client = sockets.client()
    sockets.moto.clock.advance(ACCESS_LIFE + GRACE - 1)
    go_round(sockets)
    assert client.received[1:] == [{}]


def test_what_was_left_half_removed_is_removed(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    sockets.backend.realtime.connections.mark_closing(client.id)
    go_round(sockets)
    assert client.disconnects == [3004]
    assert sockets.stored() == []


def test_one_that_fails_stops_no_other(sockets: SocketHarness) -> None:
    clients = [sockets.client() for _ in range(10)]
    sockets.api.failing.add(clients[4].id)
    go_round(sockets)
    pinged = [client.received[1:] == [{}] for client in clients]
    assert pinged.count(False) == 1
    assert sockets.backend.realtime.connections.get(clients[4].id)
