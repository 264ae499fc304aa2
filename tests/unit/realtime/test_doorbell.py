"""The queue between publishers and pumps."""

import pytest

from gatehouse.errors import Unavailable
from gatehouse.realtime.doorbell import Bell, Doorbell
from tests.support.calls import recorded
from tests.support.sockets import Hall
from tests.support.world import World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


@pytest.fixture
def doorbell(hall: Hall) -> Doorbell:
    return hall.backend.doorbell


def test_every_shard_is_rung_for(hall: Hall, doorbell: Doorbell) -> None:
    doorbell.ring("room:1", "g", shards=3, epoch="e", offset=7)
    assert hall.bells() == [Bell("room:1", shard, "e", 7) for shard in range(3)]
    groups = {message.group_id for message in hall.queued("BellQueue.fifo")}
    assert groups == {"g-0", "g-1", "g-2"}


@pytest.mark.parametrize(("shards", "calls"), [(1, 1), (10, 1), (11, 2)])
def test_ten_shards_are_rung_for_at_once(doorbell: Doorbell, shards: int, calls: int) -> None:
    with recorded() as made:
        doorbell.ring("room:1", "g", shards=shards, epoch="e", offset=7)
    assert len(made) == calls


def test_ringing_twice_for_the_same_rings_once(hall: Hall, doorbell: Doorbell) -> None:
    for _ in range(2):
        doorbell.ring("room:1", "g", shards=1, epoch="e", offset=7)
    assert len(hall.bells()) == 1


@pytest.mark.parametrize("other", [{"epoch": "e2"}, {"offset": 8}, {"group": "h"}])
def test_ringing_for_something_else_rings(
    hall: Hall, doorbell: Doorbell, other: dict[str, object]
) -> None:
    for each in ({}, other):
        given = {"group": "g", "shards": 1, "epoch": "e", "offset": 7, **each}
        doorbell.ring("room:1", **given)  # type: ignore[arg-type]
    assert len(hall.bells()) == 2


def test_ringing_again_is_never_taken_for_the_same(hall: Hall, doorbell: Doorbell) -> None:
    bell = Bell("room:1", 0, "e", 7)
    for _ in range(2):
        doorbell.ring_again(bell, "g")
    assert hall.bells() == [bell, bell]


def test_bells_that_the_queue_did_not_take_are_missed() -> None:
    class Full:
        def send_message_batch(self, **_: object) -> dict[str, object]:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError"}]}

    doorbell = Doorbell("url", lambda: Full())  # type: ignore[arg-type, return-value]
    with pytest.raises(Unavailable, match="0 of 1"):
        doorbell.ring("room:1", "g", shards=1, epoch="e", offset=7)


def test_longest_name_of_a_channel_is_no_matter(hall: Hall, doorbell: Doorbell) -> None:
    doorbell.ring("x" * 255, "g" * 32, shards=1, epoch="e" * 8, offset=2**53)
    (message,) = hall.queued("BellQueue.fifo")
    assert len(message.group_id) <= 128
    assert len(message.deduplication_id) <= 128
