"""The queue between publishers and deliveries."""

import pytest

from gatehouse.errors import Unavailable
from gatehouse.realtime.delivery_queue import DeliveryQueue, Wake
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import recorded


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


@pytest.fixture
def delivery_queue(sockets: SocketHarness) -> DeliveryQueue:
    return sockets.backend.realtime.delivery_queue


def test_every_shard_gets_a_wake(sockets: SocketHarness, delivery_queue: DeliveryQueue) -> None:
    delivery_queue.wake("room:1", "g", shards=3, epoch="e", offset=7)
    assert sockets.wakes() == [Wake("room:1", shard, "e", 7) for shard in range(3)]
    groups = {message.group_id for message in sockets.queued("DeliveryQueue.fifo")}
    assert groups == {"g-0", "g-1", "g-2"}


@pytest.mark.parametrize(("shards", "calls"), [(1, 1), (10, 1), (11, 2)])
def test_ten_wakes_are_sent_at_once(delivery_queue: DeliveryQueue, shards: int, calls: int) -> None:
    with recorded() as requests:
        delivery_queue.wake("room:1", "g", shards=shards, epoch="e", offset=7)
    assert len(requests) == calls


def test_same_wake_sent_twice_comes_once(
    sockets: SocketHarness, delivery_queue: DeliveryQueue
) -> None:
    for _ in range(2):
        delivery_queue.wake("room:1", "g", shards=1, epoch="e", offset=7)
    assert len(sockets.wakes()) == 1


@pytest.mark.parametrize("other", [{"epoch": "e2"}, {"offset": 8}, {"group": "h"}])
def test_wake_for_something_else_comes(
    sockets: SocketHarness, delivery_queue: DeliveryQueue, other: dict[str, object]
) -> None:
    for each in ({}, other):
        arguments = {"group": "g", "shards": 1, "epoch": "e", "offset": 7, **each}
        delivery_queue.wake("room:1", **arguments)  # type: ignore[arg-type]
    assert len(sockets.wakes()) == 2


def test_wake_sent_again_is_never_taken_for_the_same(
    sockets: SocketHarness, delivery_queue: DeliveryQueue
) -> None:
    wake = Wake("room:1", 0, "e", 7)
    for _ in range(2):
        delivery_queue.wake_again(wake, "g")
    assert sockets.wakes() == [wake, wake]


def test_wakes_that_the_queue_did_not_take_are_missed() -> None:
    class Full:
        def send_message_batch(self, **_: object) -> dict[str, object]:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError"}]}

    delivery_queue = DeliveryQueue("url", lambda: Full())  # type: ignore[arg-type, return-value]
    with pytest.raises(Unavailable, match="0 of 1"):
        delivery_queue.wake("room:1", "g", shards=1, epoch="e", offset=7)


def test_longest_name_of_a_channel_is_no_matter(
    sockets: SocketHarness, delivery_queue: DeliveryQueue
) -> None:
    delivery_queue.wake("x" * 255, "g" * 32, shards=1, epoch="e" * 8, offset=2**53)
    (message,) = sockets.queued("DeliveryQueue.fifo")
    assert len(message.group_id) <= 128
    assert len(message.deduplication_id) <= 128
