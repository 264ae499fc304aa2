"""What happens to a connection while it subscribes."""

import pytest

from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.stores.members import Member
from tests.support.sockets import Hall
from tests.support.world import World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_a_connection_that_is_closed_meanwhile_leaves_no_member(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = hall.client()
    add = hall.backend.realtime.members.add

    def after_the_end(member: Member) -> bool:
        close_connection(hall.backend, member.connection_id)
        return add(member)

    monkeypatch.setattr(hall.backend.realtime.members, "add", after_the_end)
    client.tell(("subscribe", {"channel": "room:1"}))
    assert hall.stored() == []


def test_a_connection_that_is_being_closed_meanwhile_leaves_no_member(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = hall.client()
    add = hall.backend.realtime.members.add

    def after_the_mark(member: Member) -> bool:
        hall.backend.realtime.connections.mark_closing(member.connection_id)
        return add(member)

    monkeypatch.setattr(hall.backend.realtime.members, "add", after_the_mark)
    client.tell(("subscribe", {"channel": "room:1"}))
    assert list(hall.backend.realtime.members.of("room:1", 0)) == []


def test_who_is_refused_is_a_member_no_more(hall: Hall) -> None:
    client = hall.member("room:1")
    assert client.error("subscribe", channel="room:1", type=1) == 108
    assert list(hall.backend.realtime.members.of("room:1", 0)) == []


def test_members_are_told_who_comes_and_goes(hall: Hall) -> None:
    member, other = hall.member("room:1"), hall.client()
    other.result("subscribe", channel="room:1")
    other.result("unsubscribe", channel="room:1")
    users = [member.user_id, other.user_id]
    assert [each["info"]["user"] for each in member.pushes("join")] == users
    assert [each["info"]["user"] for each in member.pushes("leave")] == users[1:]


def test_members_of_a_quiet_channel_are_told_nothing(hall: Hall) -> None:
    member = hall.member("typing:1")
    hall.client().result("subscribe", channel="typing:1")
    assert member.pushes("join") == []


def test_subscribe_twice_in_one_frame_makes_one_member(hall: Hall) -> None:
    client = hall.client()
    channel = {"channel": "room:1"}
    client.tell(("subscribe", channel), ("subscribe", channel))
    (member,) = hall.backend.realtime.members.of("room:1", 0)
    assert not member.pending
    assert client.disconnects == []


def test_subscribe_and_unsubscribe_in_one_frame_leave_no_member(hall: Hall) -> None:
    client = hall.client()
    channel = {"channel": "room:1"}
    client.tell(("subscribe", channel), ("unsubscribe", channel))
    assert list(hall.backend.realtime.members.of("room:1", 0)) == []
    assert client.disconnects == []
