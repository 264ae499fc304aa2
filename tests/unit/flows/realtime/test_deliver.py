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
from harness.moto_backend import START, MotoBackend
from harness.records import a_member
from harness.socket_harness import SocketHarness
from tests.support.calls import broken, recorded

CHANNEL = "room:1"


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    sockets = SocketHarness(moto)
    sockets.delivering = False
    return sockets


def publish(sockets: SocketHarness, *data: object, life: int = 60) -> Position:
    position = sockets.backend.realtime.streams.position(CHANNEL)
    for each in data:
        pub = json.dumps({"data": each})
        now = sockets.moto.clock.now()
        position = sockets.backend.realtime.streams.append(CHANNEL, pub, now=now, life=life)
    return position


def deliver_to(sockets: SocketHarness, offset: int) -> None:
    deliver(sockets.backend, Wake(CHANNEL, 0, "e", offset))


def cursor(sockets: SocketHarness) -> Cursor | None:
    return sockets.backend.realtime.cursors.get(CHANNEL, 0)


def test_members_get_what_they_do_not_have(sockets: SocketHarness) -> None:
    publish(sockets, "before")
    member = sockets.member(CHANNEL)
    publish(sockets, "a", "b")
    deliver_to(sockets, 3)
    assert (member.publications, member.offsets) == (["a", "b"], [2, 3])
    assert cursor(sockets) == Cursor(3, 3)


def test_several_publications_go_out_in_one_frame(sockets: SocketHarness) -> None:
    member = sockets.member(CHANNEL)
    before = len(sockets.api.frames)
    publish(sockets, *range(20))
    deliver_to(sockets, 20)
    assert member.publications == list(range(20))
    assert len(sockets.api.frames) - before == 1


def test_the_last_wake_of_a_batch_speaks_for_all(sockets: SocketHarness) -> None:
    member = sockets.member(CHANNEL)
    publish(sockets, "a", "b", "c")
    wakes = [Wake(CHANNEL, 0, "e", offset) for offset in (1, 3, 2)]
    handle_wakes(sockets.backend, [json.dumps(asdict(wake)) for wake in wakes])
    assert member.offsets == [1, 2, 3]


def test_wake_that_was_answered_brings_nothing_again(sockets: SocketHarness) -> None:
    member = sockets.member(CHANNEL)
    publish(sockets, "a")
    deliver_to(sockets, 1)
    deliver_to(sockets, 1)
    assert member.offsets == [1]


def test_first_wake_of_a_channel_makes_its_cursor(sockets: SocketHarness) -> None:
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert cursor(sockets) == Cursor(1, 1)


def test_delivery_claims_before_it_reads_the_members(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets.member(CHANNEL)
    publish(sockets, "a")
    claimed: list[Cursor | None] = []
    read = sockets.backend.realtime.members.of

    def looking(channel: str, shard: int) -> object:
        claimed.append(cursor(sockets))
        return read(channel, shard)

    monkeypatch.setattr(sockets.backend.realtime.members, "of", looking)
    deliver_to(sockets, 1)
    assert claimed == [Cursor(1, 0)]


def test_what_was_claimed_and_not_finished_is_brought_again(sockets: SocketHarness) -> None:
    member = sockets.member(CHANNEL)
    publish(sockets, "a", "b", "c")
    sockets.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    deliver_to(sockets, 3)
    assert member.offsets == [1, 2, 3]
    assert cursor(sockets) == Cursor(3, 3)


def test_delivery_that_dies_between_leaves_its_claim(sockets: SocketHarness) -> None:
    member = sockets.member(CHANNEL)
    publish(sockets, "a")
    with broken("Query"), pytest.raises(Unavailable):
        deliver_to(sockets, 1)
    assert cursor(sockets) == Cursor(1, 0)
    deliver_to(sockets, 1)
    assert member.offsets == [1]


# Members that cannot be served.


def test_member_that_is_gone_is_removed_with_its_connection(sockets: SocketHarness) -> None:
    gone, stays = sockets.member(CHANNEL), sockets.member(CHANNEL)
    sockets.api.gone.add(gone.id)
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert stays.offsets == [1]
    assert gone.id not in str(sockets.stored())


def test_member_without_a_connection_is_removed(sockets: SocketHarness) -> None:
    sockets.backend.realtime.members.add(a_member("leftover", pending=False))
    sockets.api.gone.add("leftover")
    publish(sockets, "a")
    sockets.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    deliver_to(sockets, 1)
    assert sockets.stored() == []


def test_member_that_nothing_can_be_sent_to_is_closed(sockets: SocketHarness) -> None:
    deaf, stays = sockets.member(CHANNEL), sockets.member(CHANNEL)
    sockets.api.deaf.add(deaf.id)
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert stays.offsets == [1]
    assert deaf.is_closed
    assert deaf.id not in str(sockets.stored())


def test_member_that_cannot_even_be_closed_holds_up_nobody(sockets: SocketHarness) -> None:
    failing, stays = sockets.member(CHANNEL), sockets.member(CHANNEL)
    sockets.api.failing.add(failing.id)
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert stays.offsets == [1]
    assert cursor(sockets) == Cursor(1, 1)
    assert [each.connection_id for each in sockets.backend.realtime.members.of(CHANNEL, 0)] == [
        stays.id
    ]
    sockets.api.failing.clear()
    sockets.run_delayed_checks()
    assert failing.is_closed
    assert failing.id not in str(sockets.stored())


def test_member_whose_token_ended_gets_nothing_and_is_closed(sockets: SocketHarness) -> None:
    member = sockets.member(CHANNEL)
    sockets.moto.clock.advance(ACCESS_LIFE + 25)
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert (member.offsets, member.disconnects) == ([], [3005])


def test_member_whose_subscription_ended_is_asked_to_come_again(sockets: SocketHarness) -> None:
    client = sockets.member(CHANNEL)
    sockets.backend.realtime.members.extend_subscription(CHANNEL, 0, client.id, START + 10)
    sockets.moto.clock.advance(35)
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert client.offsets == []
    assert [each["code"] for each in client.pushes("unsubscribe")] == [2501]
    assert list(sockets.backend.realtime.members.of(CHANNEL, 0)) == []


def test_member_that_would_miss_something_is_asked_to_come_again(sockets: SocketHarness) -> None:
    client = sockets.member(CHANNEL)
    publish(sockets, "short-lived", life=1)
    sockets.moto.clock.advance(1)
    publish(sockets, "a")
    deliver_to(sockets, 2)
    assert client.offsets == []
    assert [each["code"] for each in client.pushes("unsubscribe")] == [2500]
    assert list(sockets.backend.realtime.members.of(CHANNEL, 0)) == []


def test_member_further_on_gets_the_rest_only(sockets: SocketHarness) -> None:
    client = sockets.member(CHANNEL)
    publish(sockets, "short-lived", life=1)
    (member,) = sockets.backend.realtime.members.of(CHANNEL, 0)
    sockets.backend.realtime.members.add(replace(member, since=1))
    sockets.moto.clock.advance(1)
    publish(sockets, "a")
    deliver_to(sockets, 2)
    assert client.offsets == [2]


# Members that are being made.


def test_pending_member_gets_a_note_and_a_later_look(sockets: SocketHarness) -> None:
    sockets.backend.realtime.members.add(a_member())
    sockets.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert list(sockets.backend.realtime.members.of(CHANNEL, 0)) == [a_member(missed=1)]
    check = DelayedCheck(connection_id=a_member().connection_id, channel=CHANNEL, token="t1")
    assert sockets.checks() == [(check, TIME_TO_JOIN)]
    assert sockets.api.frames == []


def test_member_that_was_pending_when_it_was_read_is_served(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sockets.member(CHANNEL)
    (member,) = sockets.backend.realtime.members.of(CHANNEL, 0)
    stale = replace(member, pending=True)
    monkeypatch.setattr(sockets.backend.realtime.members, "of", lambda *_: iter([stale]))
    publish(sockets, "a")
    deliver_to(sockets, 1)
    assert client.offsets == [1]


def test_member_that_was_removed_meanwhile_gets_nothing(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets.backend.realtime.members, "of", lambda *_: iter([a_member()]))
    publish(sockets, "a")
    sockets.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    deliver_to(sockets, 1)
    assert (sockets.api.frames, sockets.checks()) == ([], [])


def test_wakes_that_failed_come_again_soon(sockets: SocketHarness) -> None:
    url = sockets.backend.settings.delivery_queue_url
    sockets.backend.realtime.delivery_queue.wake(CHANNEL, "g", shards=1, epoch="e", offset=1)
    (message,) = sockets.moto.sqs.receive_message(QueueUrl=url)["Messages"]
    with recorded() as calls:
        retry_soon(sockets.backend, [message["ReceiptHandle"]])
    (call,) = calls
    assert (call.operation, call.params["VisibilityTimeout"]) == ("ChangeMessageVisibility", 1)


def test_wakes_that_cannot_be_postponed_are_left_to_the_queue(sockets: SocketHarness) -> None:
    with broken("ChangeMessageVisibility"):
        retry_soon(sockets.backend, ["handle"])
