"""Wakes that the delivery gave up."""

import json
from dataclasses import asdict

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.realtime.redrive_deliveries import redrive_deliveries
from gatehouse.realtime.delivery_queue import Wake
from tests.support.calls import broken
from tests.support.sockets import Hall
from tests.support.world import World

WAKE = Wake("room:1", 0, "e", 1)


@pytest.fixture
def hall(world: World) -> Hall:
    hall = Hall(world)
    url = world.backend.settings.delivery_dead_letters_url
    world.sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(asdict(WAKE)),
        MessageGroupId="g",
        MessageDeduplicationId="d",
    )
    return hall


def dead(hall: Hall) -> int:
    return len(hall.queued("DeliveryDeadLetters.fifo"))


def test_dead_wake_is_sent_once_more(hall: Hall) -> None:
    redrive_deliveries(hall.backend)
    assert (hall.wakes(), dead(hall)) == ([WAKE], 0)


def test_nothing_is_sent_where_nothing_died(hall: Hall) -> None:
    redrive_deliveries(hall.backend)
    redrive_deliveries(hall.backend)
    assert hall.wakes() == [WAKE]


def test_wake_that_cannot_be_sent_stays(hall: Hall) -> None:
    with broken("SendMessageBatch"), pytest.raises(Unavailable):
        redrive_deliveries(hall.backend)
    assert (hall.wakes(), dead(hall)) == ([], 1)


def test_wake_that_cannot_be_taken_out_is_sent_twice(hall: Hall) -> None:
    with broken("DeleteMessage"), pytest.raises(Unavailable):
        redrive_deliveries(hall.backend)
    assert (hall.wakes(), dead(hall)) == ([WAKE], 1)
