"""Members of channels in the realtime table."""

from dataclasses import replace
from typing import Any

import pytest

from gatehouse.stores.connections import GRACE
from gatehouse.stores.members import Member, Members
from harness.moto_backend import START, MotoBackend
from harness.records import a_connection, a_member


@pytest.fixture
def members(moto: MotoBackend) -> Members:
    return moto.backend.realtime.members


def stored(members: Members, channel: str = "room:1") -> list[Member]:
    return list(members.of(channel, 0))


def test_member_is_made_of_its_connection() -> None:
    connection = a_connection(info={"name": "Ada"})
    member = a_member(conn_info={"name": "Ada"})
    assert (member.connection_id, member.client, member.user_id, member.expires_at) == (
        connection.id,
        connection.client,
        connection.user_id,
        connection.expires_at,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"expires_at": None, "subscription_end": START + 60},
        {"conn_info": {"name": "Ada", "age": 0.5}, "chan_info": 0},
        {"since": 7, "missed": 9},
        {"pending": False},
    ],
)
def test_add_keeps_every_field(members: Members, fields: dict[str, Any]) -> None:
    member = a_member(**fields)
    assert not members.add(member)
    assert stored(members) == [member]
    assert members.get("room:1", 0, member.connection_id) == member


def test_add_again_takes_the_place_of_the_first(members: Members) -> None:
    members.add(a_member())
    assert members.add(a_member(token="t2"))
    assert stored(members) == [a_member(token="t2")]


@pytest.mark.parametrize("other", ["room:10", "room:", "Room:1", "room:1 ", "room:*"])
def test_members_of_one_channel_are_not_those_of_another(members: Members, other: str) -> None:
    members.add(a_member())
    assert stored(members, other) == []


def test_members_of_one_shard_are_not_those_of_another(members: Members) -> None:
    members.add(a_member(shard=10))
    assert list(members.of("room:1", 1)) == []


def test_remove_ends_the_membership_of_one(members: Members) -> None:
    members.add(a_member("one"))
    members.add(a_member("two"))
    assert members.remove("room:1", 0, "two") == a_member("two")
    assert stored(members) == [a_member("one")]


def test_remove_finds_nothing_where_nobody_is(members: Members) -> None:
    assert members.remove("room:1", 0, "nobody") is None


@pytest.mark.parametrize(("token", "left"), [("t1", 0), ("t2", 1)])
def test_remove_this_leaves_who_joined_again(members: Members, token: str, left: int) -> None:
    members.add(a_member(token=token))
    members.remove_this(a_member())
    assert len(stored(members)) == left


# A join.


def test_activate_lets_live_publications_through(members: Members) -> None:
    members.add(a_member())
    assert members.activate(a_member(), 5) == 0
    assert stored(members) == [a_member(since=5, pending=False)]


def test_activate_that_meets_its_own_retry_succeeds(members: Members) -> None:
    members.add(a_member())
    assert members.activate(a_member(), 5) == members.activate(a_member(), 5) == 0


def test_activate_tells_what_was_missed(members: Members) -> None:
    members.add(a_member())
    members.note_missed(a_member(), 7)
    assert members.activate(a_member(), 5) == 7
    assert stored(members)[0].pending


def test_activate_succeeds_when_all_that_was_missed_was_brought(members: Members) -> None:
    members.add(a_member())
    members.note_missed(a_member(), 7)
    assert members.activate(a_member(), 7) == 0
    assert stored(members) == [a_member(since=7, pending=False)]


def test_activate_never_makes_a_member(members: Members) -> None:
    assert members.activate(a_member(), 5) is None
    assert stored(members) == []


def test_activate_is_refused_to_who_was_replaced(members: Members) -> None:
    members.add(a_member(token="t2"))
    assert members.activate(a_member(), 5) is None


def test_note_missed_stays_with_the_latest(members: Members) -> None:
    members.add(a_member())
    assert members.note_missed(a_member(), 7) == a_member(missed=7)
    assert members.note_missed(a_member(), 6) == a_member(missed=7)
    assert members.note_missed(a_member(), 7) == a_member(missed=7)


def test_note_missed_finds_a_member_that_is_not_pending_any_more(members: Members) -> None:
    members.add(a_member())
    members.activate(a_member(), 5)
    assert members.note_missed(a_member(), 7) == a_member(since=5, pending=False)


def test_note_missed_never_makes_a_member(members: Members) -> None:
    assert members.note_missed(a_member(), 7) is None
    assert stored(members) == []


def test_note_missed_is_nothing_to_who_was_replaced(members: Members) -> None:
    members.add(a_member(token="t2"))
    assert members.note_missed(a_member(), 7) is None
    assert stored(members) == [a_member(token="t2")]


# Expiry and presence.


def test_extend_moves_the_end(members: Members) -> None:
    member = a_member()
    members.add(member)
    members.extend("room:1", 0, member.connection_id, START + 1_800)
    assert members.extend_subscription("room:1", 0, member.connection_id, START + 60)
    assert stored(members) == [
        replace(member, expires_at=START + 1_800, subscription_end=START + 60)
    ]


def test_extend_takes_an_end_away(members: Members) -> None:
    member = a_member(subscription_end=START + 60)
    members.add(member)
    members.extend("room:1", 0, member.connection_id, None)
    assert members.extend_subscription("room:1", 0, member.connection_id, None)
    assert stored(members) == [replace(member, expires_at=None, subscription_end=None)]


def test_extend_never_makes_a_member(members: Members) -> None:
    members.extend("room:1", 0, "nobody", START + 1_800)
    assert not members.extend_subscription("room:1", 0, "nobody", START + 60)
    assert stored(members) == []


@pytest.mark.parametrize(
    ("fields", "after", "present"),
    [
        ({}, 900 + GRACE - 1, True),
        ({}, 900 + GRACE, False),
        ({"expires_at": None}, 10**6, True),
        ({"subscription_end": START + 60}, 60 + GRACE - 1, True),
        ({"subscription_end": START + 60}, 60 + GRACE, False),
        ({"pending": True}, 0, False),
    ],
)
def test_present_are_those_who_get_something(
    members: Members, fields: dict[str, Any], after: int, present: bool
) -> None:
    members.add(a_member(**{"pending": False, **fields}))
    assert bool(members.present("room:1", 1, START + after)) is present


def test_present_are_the_members_of_all_shards(members: Members) -> None:
    for shard in range(3):
        members.add(a_member(f"c{shard}", shard=shard, pending=False))
    assert len(members.present("room:1", 3, START)) == 3


def test_members_are_read_page_after_page(members: Members) -> None:
    long = "x" * 100_000
    for number in range(15):
        members.add(a_member(f"{number}", client=long))
    assert len(stored(members)) == 15
