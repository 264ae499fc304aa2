"""What a delivery finds out about its receivers."""

import pytest

from gatehouse.stores.connections import Connection
from tests.support.sockets import Hall
from tests.support.world import World


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_a_member_without_a_connection_is_removed(hall: Hall) -> None:
    now = hall.world.clock.now()
    leftover = Connection(
        id="leftover",
        client="c",
        user_id="a" * 32,
        session_id="b" * 32,
        expires_at=now + 900,
        ttl=now + 7_800,
        channels=frozenset(),
    )
    hall.backend.members.add("room:1", leftover)
    hall.api.gone.add("leftover")
    hall.client().result("publish", channel="room:1", data=1)
    assert list(hall.backend.members.of("room:1", now)) == []


def test_a_large_room_gets_a_message_once_each(hall: Hall) -> None:
    user = hall.world.user()
    members = [hall.member("room:1", user) for _ in range(40)]
    members[7].result("publish", channel="room:1", data=1)
    assert [member.publications for member in members] == [[1]] * 40
