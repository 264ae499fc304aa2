"""Members of channels in the realtime table."""

from dataclasses import replace

import pytest

from gatehouse.stores.connections import GRACE, Connection
from gatehouse.stores.members import Member, Members
from tests.support.world import START, World

CONNECTION = Connection(
    id="one",
    client="client one",
    user_id="a" * 32,
    session_id="b" * 32,
    expires_at=START + 900,
    ttl=START + 7_800,
    channels=frozenset(),
)
MEMBER = Member(connection_id="one", client="client one", user_id="a" * 32, expires_at=START + 900)


@pytest.fixture
def members(world: World) -> Members:
    return world.backend.members


def test_add_makes_a_member(members: Members) -> None:
    members.add("room:1", CONNECTION)
    assert list(members.of("room:1", START)) == [MEMBER]


def test_add_again_makes_no_second_member(members: Members) -> None:
    members.add("room:1", CONNECTION)
    members.add("room:1", CONNECTION)
    assert len(list(members.of("room:1", START))) == 1


@pytest.mark.parametrize("other", ["room:10", "room:", "Room:1", "room:1 ", "room:*"])
def test_members_of_one_channel_are_not_those_of_another(members: Members, other: str) -> None:
    members.add("room:1", CONNECTION)
    assert list(members.of(other, START)) == []


def test_remove_ends_the_membership_of_one(members: Members) -> None:
    members.add("room:1", CONNECTION)
    members.add("room:1", replace(CONNECTION, id="two"))
    members.remove("room:1", "two")
    assert list(members.of("room:1", START)) == [MEMBER]


def test_extend_moves_the_end(members: Members) -> None:
    members.add("room:1", CONNECTION)
    members.extend("room:1", "one", START + 1_800)
    assert list(members.of("room:1", START)) == [replace(MEMBER, expires_at=START + 1_800)]


def test_extend_never_makes_a_member(members: Members) -> None:
    members.extend("room:1", "one", START + 1_800)
    assert list(members.of("room:1", START)) == []


@pytest.mark.parametrize(("after", "count"), [(0, 1), (GRACE - 1, 1), (GRACE, 0)])
def test_a_member_counts_until_the_grace_is_over(members: Members, after: int, count: int) -> None:
    members.add("room:1", CONNECTION)
    assert len(list(members.of("room:1", START + 900 + after))) == count


def test_members_are_read_page_after_page(members: Members) -> None:
    long = "x" * 100_000
    for number in range(15):
        members.add("room:1", replace(CONNECTION, id=f"{number}", client=long))
    assert len(list(members.of("room:1", START))) == 15
