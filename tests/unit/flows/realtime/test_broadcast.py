"""Sending directly to all members of a channel, within the broadcast budget."""

from dataclasses import replace

import pytest

from gatehouse.flows.realtime.broadcast import broadcast
from harness.moto_backend import MotoBackend
from harness.socket_harness import Client, SocketHarness
from harness.tables import items
from tests.support.calls import broken, contend, recorded

MOST = 5
ROOM = "typing:1"


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    settings = replace(moto.backend.settings, broadcast_budget=MOST)
    return SocketHarness(replace(moto, backend=replace(moto.backend, settings=settings)))


def members(sockets: SocketHarness, number: int) -> list[Client]:
    return [sockets.member(ROOM) for _ in range(number)]


def send(sockets: SocketHarness) -> None:
    broadcast(sockets.backend, sockets.backend.realtime.rules.of(ROOM), ROOM, '{"push":{"n":1}}')


def sent(sockets: SocketHarness) -> int:
    return sum(text == '{"push":{"n":1}}' for _, text in sockets.api.frames)


def test_notice_reaches_everybody(sockets: SocketHarness) -> None:
    there = members(sockets, 3)
    send(sockets)
    assert [client.received[-1] for client in there] == [{"push": {"n": 1}}] * 3


def test_notice_beyond_the_budget_reaches_nobody(sockets: SocketHarness) -> None:
    members(sockets, 3)
    send(sockets)
    send(sockets)
    assert sent(sockets) == 3


def test_broadcasts_use_the_budget_up(sockets: SocketHarness) -> None:
    members(sockets, 2)
    for _ in range(3):
        send(sockets)
    assert sent(sockets) == 4


def test_budget_is_there_again_in_the_next_second(sockets: SocketHarness) -> None:
    members(sockets, 3)
    send(sockets)
    sockets.moto.clock.advance(1)
    send(sockets)
    assert sent(sockets) == 6


def test_notice_to_more_than_the_budget_reaches_nobody(sockets: SocketHarness) -> None:
    members(sockets, MOST + 1)
    send(sockets)
    assert sent(sockets) == 0


def test_notice_to_one_is_not_counted(sockets: SocketHarness) -> None:
    members(sockets, 1)
    with recorded() as calls:
        send(sockets)
    assert [call.operation for call in calls] == ["Query"]
    assert sent(sockets) == 1


def test_notice_is_dropped_where_nobody_can_count(sockets: SocketHarness) -> None:
    members(sockets, 2)
    with broken("UpdateItem"):
        send(sockets)
    assert sent(sockets) == 0


def test_16_contenders_do_not_exceed_the_budget(sockets: SocketHarness) -> None:
    members(sockets, 2)
    contend("UpdateItem", [lambda: send(sockets)] * 16)
    assert sent(sockets) == 4


def test_counts_of_the_budget_are_cleaned_away(sockets: SocketHarness) -> None:
    members(sockets, 2)
    send(sockets)
    (row,) = [
        row
        for row in items(sockets.moto.dynamodb, "RealtimeTable")
        if row["pk"]["S"].startswith("LIMIT#")
    ]
    assert int(row["ttl"]["N"]) == sockets.moto.clock.now() + 60


def test_joins_and_leaves_are_within_the_budget(sockets: SocketHarness) -> None:
    first, *_, last = [sockets.member("room:1") for _ in range(4)]
    # The first join goes to one member and is not counted. The next two fit the budget, the fourth
    # does not.
    assert len(first.pushes("join")) == 3
    last.leave()
    assert first.pushes("leave") == []
    sockets.moto.clock.advance(1)
    sockets.member("room:1")
    assert len(first.pushes("join")) == 4
