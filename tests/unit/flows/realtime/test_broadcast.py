"""Sending straight to everybody in a channel, within the budget of what may be lost."""

from dataclasses import replace

import pytest

from gatehouse.flows.realtime.broadcast import broadcast
from tests.support.calls import broken, contend, recorded
from tests.support.sockets import Client, Hall
from tests.support.tables import items
from tests.support.world import World

MOST = 5
ROOM = "typing:1"


@pytest.fixture
def hall(world: World) -> Hall:
    settings = replace(world.backend.settings, broadcast_budget=MOST)
    return Hall(replace(world, backend=replace(world.backend, settings=settings)))


def members(hall: Hall, number: int) -> list[Client]:
    return [hall.member(ROOM) for _ in range(number)]


def send(hall: Hall) -> None:
    broadcast(hall.backend, hall.backend.realtime.rules.of(ROOM), ROOM, '{"push":{"n":1}}')


def sent(hall: Hall) -> int:
    return sum(text == '{"push":{"n":1}}' for _, text in hall.api.frames)


def test_notice_reaches_everybody(hall: Hall) -> None:
    there = members(hall, 3)
    send(hall)
    assert [client.received[-1] for client in there] == [{"push": {"n": 1}}] * 3


def test_notice_beyond_the_budget_reaches_nobody(hall: Hall) -> None:
    members(hall, 3)
    send(hall)
    send(hall)
    assert sent(hall) == 3


def test_broadcasts_use_the_budget_up(hall: Hall) -> None:
    members(hall, 2)
    for _ in range(3):
        send(hall)
    assert sent(hall) == 4


def test_budget_is_there_again_in_the_next_second(hall: Hall) -> None:
    members(hall, 3)
    send(hall)
    hall.world.clock.advance(1)
    send(hall)
    assert sent(hall) == 6


def test_notice_to_more_than_the_budget_reaches_nobody(hall: Hall) -> None:
    members(hall, MOST + 1)
    send(hall)
    assert sent(hall) == 0


def test_notice_to_one_is_not_counted(hall: Hall) -> None:
    members(hall, 1)
    with recorded() as calls:
        send(hall)
    assert [call.operation for call in calls] == ["Query"]
    assert sent(hall) == 1


def test_notice_is_dropped_where_nobody_can_count(hall: Hall) -> None:
    members(hall, 2)
    with broken("UpdateItem"):
        send(hall)
    assert sent(hall) == 0


def test_16_contenders_do_not_exceed_the_budget(hall: Hall) -> None:
    members(hall, 2)
    contend("UpdateItem", [lambda: send(hall)] * 16)
    assert sent(hall) == 4


def test_counts_of_the_budget_are_cleaned_away(hall: Hall) -> None:
    members(hall, 2)
    send(hall)
    (row,) = [
        row
        for row in items(hall.world.dynamodb, "RealtimeTable")
        if row["pk"]["S"].startswith("LIMIT#")
    ]
    assert int(row["ttl"]["N"]) == hall.world.clock.now() + 60


def test_joins_and_leaves_are_within_the_budget(hall: Hall) -> None:
    first, *_, last = [hall.member("room:1") for _ in range(4)]
    # Its own, which is not counted, then to two and to three; not to four any more.
    assert len(first.pushes("join")) == 3
    last.leave()
    assert first.pushes("leave") == []
    hall.world.clock.advance(1)
    hall.member("room:1")
    assert len(first.pushes("join")) == 4
