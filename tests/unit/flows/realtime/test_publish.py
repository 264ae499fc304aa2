"""What publishing promises."""

import pytest

from gatehouse.realtime.delivery_queue import Wake
from tests.support.calls import broken
from tests.support.sockets import Hall
from tests.support.world import START, World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_publication_is_kept_and_its_wake_sent_before_the_answer(hall: Hall) -> None:
    hall.delivering = False
    client = hall.client()
    assert client.result("publish", channel="room:1", data={"text": "hi"}) == {}
    (kept,) = hall.backend.realtime.streams.read("room:1", 0, 9, now=START)
    assert kept.as_json()["data"] == {"text": "hi"}
    epoch = hall.backend.realtime.streams.position("room:1").epoch
    assert hall.wakes() == [Wake("room:1", 0, epoch, 1)]


def test_publication_names_its_publisher(hall: Hall) -> None:
    member, publisher = hall.member("room:1"), hall.client()
    publisher.result("publish", channel="room:1", data=1)
    connection = hall.backend.realtime.connections.get(publisher.id)
    assert connection
    (pub,) = member.pushes("pub")
    assert pub["info"] == {"user": connection.user_id, "client": connection.client}


@pytest.mark.parametrize("operation", ["PutItem", "SendMessageBatch"])
def test_publication_that_could_not_be_taken_is_answered_as_temporary(
    hall: Hall, operation: str
) -> None:
    client = hall.client()
    with broken(operation):
        error = client.ask("publish", channel="room:1", data=1)["error"]
    assert (error["code"], error["temporary"]) == (100, True)


def test_publication_without_a_wake_comes_with_the_next(hall: Hall) -> None:
    member = hall.member("room:1")
    with broken("SendMessageBatch"):
        member.ask("publish", channel="room:1", data="silent")
    member.result("publish", channel="room:1", data="loud")
    assert member.publications == ["silent", "loud"]


def test_ephemeral_publication_is_not_kept_and_sends_no_wake(hall: Hall) -> None:
    hall.delivering = False
    member = hall.member("typing:1")
    member.result("publish", channel="typing:1", data=1)
    assert member.publications == [1]
    assert hall.wakes() == []
    assert hall.backend.realtime.streams.read("typing:1", 0, 9, now=START) == []


def test_ephemeral_publication_does_not_care_who_is_gone(hall: Hall) -> None:
    member, gone = hall.member("typing:1"), hall.member("typing:1")
    hall.api.gone.add(gone.id)
    member.result("publish", channel="typing:1", data=1)
    assert member.publications == [1]


def test_a_large_room_gets_a_message_once_each(hall: Hall) -> None:
    user = hall.world.user()
    members = [hall.member("room:1", user) for _ in range(40)]
    members[7].result("publish", channel="room:1", data=1)
    assert [member.publications for member in members] == [[1]] * 40
