"""Wakes that the delivery gave up."""

import json
from dataclasses import asdict

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.realtime.redrive_deliveries import redrive_deliveries
from gatehouse.realtime.delivery_queue import Wake
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken

WAKE = Wake("room:1", 0, "e", 1)


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    sockets = SocketHarness(moto)
    url = moto.backend.settings.delivery_dead_letters_url
    moto.sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(asdict(WAKE)),
        MessageGroupId="g",
        MessageDeduplicationId="d",
    )
    return sockets


def dead(sockets: SocketHarness) -> int:
    return len(sockets.queued("DeliveryDeadLetters.fifo"))


def test_dead_wake_is_sent_once_more(sockets: SocketHarness) -> None:
    redrive_deliveries(sockets.backend)
    assert (sockets.wakes(), dead(sockets)) == ([WAKE], 0)


def test_nothing_is_sent_where_nothing_died(sockets: SocketHarness) -> None:
    redrive_deliveries(sockets.backend)
    redrive_deliveries(sockets.backend)
    assert sockets.wakes() == [WAKE]


def test_wake_that_cannot_be_sent_stays(sockets: SocketHarness) -> None:
    with broken("SendMessageBatch"), pytest.raises(Unavailable):
        redrive_deliveries(sockets.backend)
    assert (sockets.wakes(), dead(sockets)) == ([], 1)


def test_wake_that_cannot_be_taken_out_is_sent_twice(sockets: SocketHarness) -> None:
    with broken("DeleteMessage"), pytest.raises(Unavailable):
        redrive_deliveries(sockets.backend)
    assert (sockets.wakes(), dead(sockets)) == ([WAKE], 1)
