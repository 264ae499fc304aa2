"""What the delivery brings, and what it does with those it cannot serve."""

import json
from dataclasses import asdict, replace

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.realtime.deliver import deliver, handle_wakes, retry_soon
from gatehouse.realtime.delayed_checks import TIME_TO_JOIN, DelayedCheck
from gatehouse.realtime.delivery_queue import Wake
from gatehouse.stores.cursors import Cursor
from gatehouse.stores.streams import Position
from gatehouse.tokens import ACCESS_LIFE
from tests.support.calls import broken, recorded
from tests.support.rooms import a_member
from tests.support.sockets import Hall
from tests.support.world import START, World

CHANNEL = "room:1"


@pytest.fixture
def hall(world: World) -> Hall:
    hall = Hall(world)
    hall.delivering = False
    return hall


def publish(hall: Hall, *data: object, life: int = 60) -> Position:
    position = hall.backend.realtime.streams.position(CHANNEL)
    for each in data:
        pub = json.dumps({"data": each})
        now = hall.world.clock.now()
        position = hall.backend.realtime.streams.append(CHANNEL, pub, now=now, life=life)
    return position


def deliver_to(hall: Hall, offset: int) -> None:
    deliver(hall.backend, Wake(CHANNEL, 0, "e", offset))


def cursor(hall: Hall) -> Cursor | None:
    return hall.backend.realtime.cursors.get(CHANNEL, 0)


def test_members_get_what_they_do_not_have(hall: Hall) -> None:
    publish(hall, "before")
    member = hall.member(CHANNEL)
    publish(hall, "a", "b")
    deliver_to(hall, 3)
    assert (member.publications, member.offsets) == (["a", "b"], [2, 3])
    assert cursor(hall) == Cursor(3, 3)


def test_several_publications_go_out_in_one_frame(hall: Hall) -> None:
    member = hall.member(CHANNEL)
    before = len(hall.api.frames)
    publish(hall, *range(20))
    deliver_to(hall, 20)
    assert member.publications == list(range(20))
    assert len(hall.api.frames) - before == 1


def test_the_last_wake_of_a_batch_speaks_for_all(hall: Hall) -> None:
    member = hall.member(CHANNEL)
    publish(hall, "a", "b", "c")
    wakes = [Wake(CHANNEL, 0, "e", offset) for offset in (1, 3, 2)]
    handle_wakes(hall.backend, [json.dumps(asdict(wake)) for wake in wakes])
    assert member.offsets == [1, 2, 3]


def test_wake_that_was_answered_brings_nothing_again(hall: Hall) -> None:
    member = hall.member(CHANNEL)
    publish(hall, "a")
    deliver_to(hall, 1)
    deliver_to(hall, 1)
    assert member.offsets == [1]


def test_first_wake_of_a_channel_makes_its_cursor(hall: Hall) -> None:
    publish(hall, "a")
    deliver_to(hall, 1)
    assert cursor(hall) == Cursor(1, 1)


def test_delivery_claims_before_it_reads_the_members(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.member(CHANNEL)
    publish(hall, "a")
    claimed: list[Cursor | None] = []
    read = hall.backend.realtime.members.of

    def looking(channel: str, shard: int) -> object:
        claimed.append(cursor(hall))
        return read(channel, shard)

    monkeypatch.setattr(hall.backend.realtime.members, "of", looking)
    deliver_to(hall, 1)
    assert claimed == [Cursor(1, 0)]


def test_what_was_claimed_and_not_finished_is_brought_again(hall: Hall) -> None:
    member = hall.member(CHANNEL)
    publish(hall, "a", "b", "c")
    hall.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    deliver_to(hall, 3)
    assert member.offsets == [1, 2, 3]
    assert cursor(hall) == Cursor(3, 3)


def test_delivery_that_dies_between_leaves_its_claim(hall: Hall) -> None:
    member = hall.member(CHANNEL)
    publish(hall, "a")
    with broken("Query"), pytest.raises(Unavailable):
        deliver_to(hall, 1)
    assert cursor(hall) == Cursor(1, 0)
    deliver_to(hall, 1)
    assert member.offsets == [1]


# Members that cannot be served.


def test_member_that_is_gone_is_removed_with_its_connection(hall: Hall) -> None:
    gone, stays = hall.member(CHANNEL), hall.member(CHANNEL)
    hall.api.gone.add(gone.id)
    publish(hall, "a")
    deliver_to(hall, 1)
    assert stays.offsets == [1]
    assert gone.id not in str(hall.stored())


def test_member_without_a_connection_is_removed(hall: Hall) -> None:
    hall.backend.realtime.members.add(a_member("leftover", pending=False))
    hall.api.gone.add("leftover")
    publish(hall, "a")
    hall.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    deliver_to(hall, 1)
    assert hall.stored() == []


def test_member_that_nothing_can_be_sent_to_is_closed(hall: Hall) -> None:
    deaf, stays = hall.member(CHANNEL), hall.member(CHANNEL)
    hall.api.deaf.add(deaf.id)
    publish(hall, "a")
    deliver_to(hall, 1)
    assert stays.offsets == [1]
    assert deaf.is_closed
    assert deaf.id not in str(hall.stored())


def test_member_that_cannot_even_be_closed_holds_up_nobody(hall: Hall) -> None:
    failing, stays = hall.member(CHANNEL), hall.member(CHANNEL)
    hall.api.failing.add(failing.id)
    publish(hall, "a")
    deliver_to(hall, 1)
    assert stays.offsets == [1]
    assert cursor(hall) == Cursor(1, 1)
    assert [each.connection_id for each in hall.backend.realtime.members.of(CHANNEL, 0)] == [
        stays.id
    ]
    hall.api.failing.clear()
    hall.run_delayed_checks()
    assert failing.is_closed
    assert failing.id not in str(hall.stored())


def test_member_whose_token_ended_gets_nothing_and_is_closed(hall: Hall) -> None:
    member = hall.member(CHANNEL)
    hall.world.clock.advance(ACCESS_LIFE + 25)
    publish(hall, "a")
    deliver_to(hall, 1)
    assert (member.offsets, member.disconnects) == ([], [3005])


def test_member_whose_subscription_ended_is_asked_to_come_again(hall: Hall) -> None:
    client = hall.member(CHANNEL)
    hall.backend.realtime.members.extend_subscription(CHANNEL, 0, client.id, START + 10)
    hall.world.clock.advance(35)
    publish(hall, "a")
    deliver_to(hall, 1)
    assert client.offsets == []
    assert [each["code"] for each in client.pushes("unsubscribe")] == [2501]
    assert list(hall.backend.realtime.members.of(CHANNEL, 0)) == []


def test_member_that_would_miss_something_is_asked_to_come_again(hall: Hall) -> None:
    client = hall.member(CHANNEL)
    publish(hall, "short-lived", life=1)
    hall.world.clock.advance(1)
    publish(hall, "a")
    deliver_to(hall, 2)
    assert client.offsets == []
    assert [each["code"] for each in client.pushes("unsubscribe")] == [2500]
    assert list(hall.backend.realtime.members.of(CHANNEL, 0)) == []


def test_member_further_on_gets_the_rest_only(hall: Hall) -> None:
    client = hall.member(CHANNEL)
    publish(hall, "short-lived", life=1)
    (member,) = hall.backend.realtime.members.of(CHANNEL, 0)
    hall.backend.realtime.members.add(replace(member, since=1))
    hall.world.clock.advance(1)
    publish(hall, "a")
    deliver_to(hall, 2)
    assert client.offsets == [2]


# Members that are being made.


def test_pending_member_gets_a_note_and_a_later_look(hall: Hall) -> None:
    hall.backend.realtime.members.add(a_member())
    hall.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    publish(hall, "a")
    deliver_to(hall, 1)
    assert list(hall.backend.realtime.members.of(CHANNEL, 0)) == [a_member(missed=1)]
    check = DelayedCheck(connection_id=a_member().connection_id, channel=CHANNEL, token="t1")
    assert hall.checks() == [(check, TIME_TO_JOIN)]
    assert hall.api.frames == []


def test_member_that_was_pending_when_it_was_read_is_served(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = hall.member(CHANNEL)
    (member,) = hall.backend.realtime.members.of(CHANNEL, 0)
    stale = replace(member, pending=True)
    monkeypatch.setattr(hall.backend.realtime.members, "of", lambda *_: iter([stale]))
    publish(hall, "a")
    deliver_to(hall, 1)
    assert client.offsets == [1]


def test_member_that_was_removed_meanwhile_gets_nothing(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hall.backend.realtime.members, "of", lambda *_: iter([a_member()]))
    publish(hall, "a")
    hall.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    deliver_to(hall, 1)
    assert (hall.api.frames, hall.checks()) == ([], [])


def test_wakes_that_failed_come_again_soon(hall: Hall) -> None:
    url = hall.backend.settings.delivery_queue_url
    hall.backend.realtime.delivery_queue.wake(CHANNEL, "g", shards=1, epoch="e", offset=1)
    (message,) = hall.world.sqs.receive_message(QueueUrl=url)["Messages"]
    with recorded() as calls:
        retry_soon(hall.backend, [message["ReceiptHandle"]])
    (call,) = calls
    assert (call.operation, call.params["VisibilityTimeout"]) == ("ChangeMessageVisibility", 1)


def test_wakes_that_cannot_be_postponed_are_left_to_the_queue(hall: Hall) -> None:
    with broken("ChangeMessageVisibility"):
        retry_soon(hall.backend, ["handle"])
