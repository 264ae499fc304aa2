"""Bells that the pump gave up."""

import json
from dataclasses import asdict

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.realtime.redrive_deliveries import ring_again
from gatehouse.realtime.doorbell import Bell
from tests.support.calls import broken
from tests.support.sockets import Hall
from tests.support.world import World

BELL = Bell("room:1", 0, "e", 1)


@pytest.fixture
def hall(world: World) -> Hall:
    hall = Hall(world)
    url = world.backend.settings.bell_dead_letters_url
    world.sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(asdict(BELL)),
        MessageGroupId="g",
        MessageDeduplicationId="d",
    )
    return hall


def dead(hall: Hall) -> int:
    return len(hall.queued("BellDeadLetters.fifo"))


def test_dead_bell_rings_once_more(hall: Hall) -> None:
    ring_again(hall.backend)
    assert (hall.bells(), dead(hall)) == ([BELL], 0)


def test_nothing_rings_where_nothing_died(hall: Hall) -> None:
    ring_again(hall.backend)
    ring_again(hall.backend)
    assert hall.bells() == [BELL]


def test_bell_that_cannot_be_rung_stays(hall: Hall) -> None:
    with broken("SendMessageBatch"), pytest.raises(Unavailable):
        ring_again(hall.backend)
    assert (hall.bells(), dead(hall)) == ([], 1)


def test_bell_that_cannot_be_taken_out_rings_twice(hall: Hall) -> None:
    with broken("DeleteMessage"), pytest.raises(Unavailable):
        ring_again(hall.backend)
    assert (hall.bells(), dead(hall)) == ([BELL], 1)
