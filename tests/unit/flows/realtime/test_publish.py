"""The guarantees of publishing."""

import pytest

from gatehouse.realtime.delivery_queue import Wake
from harness.moto_backend import START, MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def test_publication_is_kept_and_its_wake_sent_before_the_answer(sockets: SocketHarness) -> None:
    sockets.delivering = False
    client = sockets.client()
    assert client.result("publish", channel="room:1", data={"text": "hi"}) == {}
    (publication,) = sockets.backend.realtime.streams.read("room:1", 0, 9, now=START)
    assert publication.as_json()["data"] == {"text": "hi"}
    epoch = sockets.backend.realtime.streams.position("room:1").epoch
    assert sockets.wakes() == [Wake("room:1", 0, epoch, 1)]


def test_publication_names_its_publisher(sockets: SocketHarness) -> None:
    member, publisher = sockets.member("room:1"), sockets.client()
    publisher.result("publish", channel="room:1", data=1)
    connection = sockets.backend.realtime.connections.get(publisher.id)
    assert connection
    (pub,) = member.pushes("pub")
    assert pub["info"] == {"user": connection.user_id, "client": connection.client}


@pytest.mark.parametrize("operation", ["PutItem", "SendMessageBatch"])
def test_publication_that_could_not_be_taken_is_answered_as_temporary(
    sockets: SocketHarness, operation: str
) -> None:
    client = sockets.client()
    with broken(operation):
        error = client.ask("publish", channel="room:1", data=1)["error"]
    assert (error["code"], error["temporary"]) == (100, True)


def test_publication_without_a_wake_comes_with_the_next(sockets: SocketHarness) -> None:
    member = sockets.member("room:1")
    with broken("SendMessageBatch"):
        member.ask("publish", channel="room:1", data="silent")
    member.result("publish", channel="room:1", data="loud")
    assert member.publications == ["silent", "loud"]


def test_ephemeral_publication_is_not_kept_and_sends_no_wake(sockets: SocketHarness) -> None:
    sockets.delivering = False
    member = sockets.member("typing:1")
    member.result("publish", channel="typing:1", data=1)
    assert member.publications == [1]
    assert sockets.wakes() == []
    assert sockets.backend.realtime.streams.read("typing:1", 0, 9, now=START) == []


def test_ephemeral_publication_does_not_care_who_is_gone(sockets: SocketHarness) -> None:
    member, gone = sockets.member("typing:1"), sockets.member("typing:1")
    sockets.api.gone.add(gone.id)
    member.result("publish", channel="typing:1", data=1)
    assert member.publications == [1]


def test_a_large_room_gets_a_message_once_each(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    members = [sockets.member("room:1", user) for _ in range(40)]
    members[7].result("publish", channel="room:1", data=1)
    assert [member.publications for member in members] == [[1]] * 40
