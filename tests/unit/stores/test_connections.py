"""Connections in the realtime table."""

from dataclasses import replace

import pytest

from gatehouse.aws import ConnectionGone
from gatehouse.errors import LimitExceeded
from gatehouse.stores.connections import GRACE, SLOTS, Connection, Connections, slot_of
from tests.support.world import START, World

USER, SESSION = "a" * 32, "b" * 32


@pytest.fixture
def connections(world: World) -> Connections:
    return world.backend.connections


def a_connection(connection_id: str = "L0SM9cOFvHcCIhw=", **fields: object) -> Connection:
    made = Connection(
        id=connection_id,
        client="d8a2ff5e-7bd8-4d7b-8b3a-4f8c5f3d3a11",
        user_id=USER,
        session_id=SESSION,
        expires_at=START + 900,
        ttl=START + 7_800,
        channels=frozenset(),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def test_open_keeps_every_field(connections: Connections) -> None:
    connection = a_connection(channels=frozenset({"room:1"}), done_id=4)
    assert connections.open(connection)
    assert connections.get(connection.id) == connection


def test_open_again_is_refused(connections: Connections) -> None:
    connections.open(a_connection())
    assert not connections.open(a_connection(client="another"))


def test_open_that_meets_its_own_retry_succeeds(connections: Connections) -> None:
    connections.open(a_connection())
    assert connections.open(a_connection())


def test_get_finds_nothing_where_nothing_was_opened(connections: Connections) -> None:
    assert connections.get("nobody") is None


def test_join_notes_the_channel(connections: Connections) -> None:
    connections.open(a_connection())
    joined = connections.join(a_connection().id, "room:1", limit=2)
    assert joined.channels == {"room:1"}
    assert connections.get(joined.id) == joined


def test_join_stops_at_the_limit(connections: Connections) -> None:
    connections.open(a_connection(channels=frozenset({"a", "b"})))
    with pytest.raises(LimitExceeded):
        connections.join(a_connection().id, "c", limit=2)


def test_join_again_is_no_matter_of_the_limit(connections: Connections) -> None:
    connections.open(a_connection(channels=frozenset({"a", "b"})))
    assert connections.join(a_connection().id, "a", limit=2).channels == {"a", "b"}


def test_join_never_makes_a_connection(connections: Connections) -> None:
    with pytest.raises(ConnectionGone):
        connections.join("nobody", "room:1", limit=2)
    assert connections.get("nobody") is None


def test_join_is_refused_once_the_connection_is_dead(connections: Connections) -> None:
    connections.open(a_connection())
    connections.bury(a_connection().id)
    with pytest.raises(ConnectionGone):
        connections.join(a_connection().id, "room:1", limit=2)


def test_leave_takes_the_channel_away(connections: Connections) -> None:
    connections.open(a_connection(channels=frozenset({"room:1"})))
    connections.leave(a_connection().id, "room:1")
    assert connections.get(a_connection().id) == a_connection()


def test_leave_never_makes_a_connection(connections: Connections) -> None:
    connections.leave("nobody", "room:1")
    assert connections.get("nobody") is None


def test_extend_moves_the_end(connections: Connections) -> None:
    connections.announce(a_connection())
    connections.open(a_connection())
    extended = connections.extend(a_connection(), START + 1_800)
    assert extended == a_connection(expires_at=START + 1_800)
    assert connections.get(extended.id) == extended


def test_extend_never_makes_a_connection(connections: Connections) -> None:
    with pytest.raises(ConnectionGone):
        connections.extend(a_connection(), START + 1_800)
    assert connections.get(a_connection().id) is None


def test_extend_is_refused_once_the_connection_is_dead(connections: Connections) -> None:
    connections.announce(a_connection())
    connections.open(a_connection())
    connections.bury(a_connection().id)
    with pytest.raises(ConnectionGone):
        connections.extend(a_connection(), START + 1_800)


def test_bury_marks_the_connection_and_tells_what_it_was(connections: Connections) -> None:
    connections.open(a_connection(channels=frozenset({"room:1"})))
    buried = connections.bury(a_connection().id)
    assert buried
    assert buried.dead
    assert buried.channels == {"room:1"}
    assert connections.get(buried.id) == buried


def test_bury_finds_nothing_where_nothing_was_opened(connections: Connections) -> None:
    assert connections.bury("nobody") is None
    assert connections.get("nobody") is None


def test_of_session_finds_what_was_announced(connections: Connections) -> None:
    connections.announce(a_connection("one"))
    connections.announce(a_connection("two"))
    connections.announce(a_connection("three", session_id="c" * 32))
    connections.announce(a_connection("four", user_id="d" * 32))
    assert sorted(connections.of_session(USER, SESSION)) == ["one", "two"]


def test_retract_takes_an_announcement_back(connections: Connections) -> None:
    connections.announce(a_connection())
    connections.retract(a_connection())
    assert connections.of_session(USER, SESSION) == []


def test_remove_leaves_nothing(connections: Connections) -> None:
    connections.announce(a_connection())
    connections.open(a_connection())
    connections.remove(a_connection())
    assert connections.get(a_connection().id) is None
    assert connections.of_session(USER, SESSION) == []


def test_every_connection_is_in_one_slot(connections: Connections) -> None:
    ids = [f"connection{number}=" for number in range(40)]
    for each in ids:
        connections.open(a_connection(each))
    found = [list(connections.in_slot(slot)) for slot in range(SLOTS)]
    assert sorted(each for slot in found for each in slot) == sorted(ids)
    assert all(found)


def test_slot_is_the_same_in_every_process() -> None:
    assert slot_of("L0SM9cOFvHcCIhw=") == 2


@pytest.mark.parametrize(("after", "expired"), [(0, False), (GRACE - 1, False), (GRACE, True)])
def test_connection_expires_after_the_grace(after: int, expired: bool) -> None:
    assert a_connection().is_expired(START + 900 + after) is expired
