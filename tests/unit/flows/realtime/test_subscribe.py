"""Events on a connection while it subscribes."""

import pytest

from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.stores.members import Member
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def test_a_connection_that_is_closed_meanwhile_leaves_no_member(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sockets.client()
    add = sockets.backend.realtime.members.add

    def after_the_end(member: Member) -> bool:
        close_connection(sockets.backend, member.connection_id)
        return add(member)

    monkeypatch.setattr(sockets.backend.realtime.members, "add", after_the_end)
    client.tell(("subscribe", {"channel": "room:1"}))
    assert sockets.stored() == []


def test_a_connection_that_is_being_closed_meanwhile_leaves_no_member(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sockets.client()
    add = sockets.backend.realtime.members.add

    def after_the_mark(member: Member) -> bool:
        sockets.backend.realtime.connections.mark_closing(member.connection_id)
        return add(member)

    monkeypatch.setattr(sockets.backend.realtime.members, "add", after_the_mark)
    client.tell(("subscribe", {"channel": "room:1"}))
    assert list(sockets.backend.realtime.members.of("room:1", 0)) == []


def test_who_is_refused_is_a_member_no_more(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    assert client.error("subscribe", channel="room:1", type=1) == 108
    assert list(sockets.backend.realtime.members.of("room:1", 0)) == []


def test_members_are_told_who_comes_and_goes(sockets: SocketHarness) -> None:
    member, other = sockets.member("room:1"), sockets.client()
    other.result("subscribe", channel="room:1")
    other.result("unsubscribe", channel="room:1")
    users = [member.user_id, other.user_id]
    assert [each["info"]["user"] for each in member.pushes("join")] == users
    assert [each["info"]["user"] for each in member.pushes("leave")] == users[1:]


def test_members_of_a_quiet_channel_are_told_nothing(sockets: SocketHarness) -> None:
    member = sockets.member("typing:1")
    sockets.client().result("subscribe", channel="typing:1")
    assert member.pushes("join") == []


def test_subscribe_twice_in_one_frame_makes_one_member(sockets: SocketHarness) -> None:
    client = sockets.client()
    channel = {"channel": "room:1"}
    client.tell(("subscribe", channel), ("subscribe", channel))
    (member,) = sockets.backend.realtime.members.of("room:1", 0)
    assert not member.pending
    assert client.disconnects == []


def test_subscribe_and_unsubscribe_in_one_frame_leave_no_member(sockets: SocketHarness) -> None:
    client = sockets.client()
    channel = {"channel": "room:1"}
    client.tell(("subscribe", channel), ("unsubscribe", channel))
    assert list(sockets.backend.realtime.members.of("room:1", 0)) == []
    assert client.disconnects == []
