"""Connections in the realtime table."""

from typing import Any

import pytest

from gatehouse.aws import ConnectionGone
from gatehouse.stores.connections import GRACE, LEASE, SLOTS, Connections, Release, slot_of
from harness.moto_backend import START, MotoBackend
from harness.records import SESSION, USER, a_connection


@pytest.fixture
def connections(moto: MotoBackend) -> Connections:
    return moto.backend.realtime.connections


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


# The frame lock.


def acquire(connections: Connections, first: int = 1, token: str = "t1", **more: Any) -> Any:
    arguments = {"now": START, "channels": frozenset(), **more}
    return connections.acquire_lock(a_connection().id, first, fencing_token=token, **arguments)


def release(first: int = 1, last: int = 1, **more: Any) -> Release:
    return Release(first_id=first, last_id=last, window=7, spent=3, **more)


def test_acquire_gives_the_lock_to_the_next_frame(connections: Connections) -> None:
    connections.open(a_connection(done_id=4))
    held = acquire(connections, 5)
    assert held == a_connection(done_id=4, locked_by="t1", locked_at=START)
    assert connections.holds_lock(held)


@pytest.mark.parametrize("first", [4, 6])
def test_acquire_refuses_a_frame_whose_turn_it_is_not(connections: Connections, first: int) -> None:
    connections.open(a_connection(done_id=4))
    assert acquire(connections, first) is None


def test_acquire_refuses_a_second_frame(connections: Connections) -> None:
    connections.open(a_connection())
    acquire(connections, token="t1")
    assert acquire(connections, token="t2") is None


def test_acquire_that_meets_its_own_retry_succeeds(connections: Connections) -> None:
    connections.open(a_connection())
    assert acquire(connections) == acquire(connections)


def test_acquire_notes_what_the_frame_may_join(connections: Connections) -> None:
    connections.open(a_connection(channels=frozenset({"a"})))
    assert acquire(connections, channels=frozenset({"b"})).channels == {"a", "b"}


def test_acquire_never_makes_a_connection(connections: Connections) -> None:
    assert acquire(connections) is None
    assert connections.get(a_connection().id) is None


def test_acquire_is_refused_once_the_connection_is_dead(connections: Connections) -> None:
    connections.open(a_connection())
    connections.mark_closing(a_connection().id)
    assert acquire(connections) is None


@pytest.mark.parametrize("heavy", [True, False])
def test_release_lock_lets_the_next_frame_through(connections: Connections, heavy: bool) -> None:
    connections.open(a_connection(channels=frozenset({"a", "b"})))
    connection = acquire(connections) if heavy else a_connection()
    connections.release_lock(connection, release(1, 3, left=frozenset({"b"})))
    assert connections.get(connection.id) == a_connection(
        done_id=3, window=7, spent=3, channels=frozenset({"a"})
    )


@pytest.mark.parametrize("heavy", [True, False])
def test_release_lock_that_meets_its_own_retry_succeeds(
    connections: Connections, heavy: bool
) -> None:
    connections.open(a_connection())
    connection = acquire(connections) if heavy else a_connection()
    for _ in range(2):
        connections.release_lock(connection, release())


@pytest.mark.parametrize("heavy", [True, False])
def test_release_lock_is_refused_once_the_connection_is_dead(
    connections: Connections, heavy: bool
) -> None:
    connections.open(a_connection())
    connection = acquire(connections) if heavy else a_connection()
    connections.mark_closing(connection.id)
    with pytest.raises(ConnectionGone):
        connections.release_lock(connection, release())


def test_release_of_a_lock_that_was_taken_away_is_refused(connections: Connections) -> None:
    connections.open(a_connection())
    acquire(connections, token="t1")
    with pytest.raises(ConnectionGone):
        connections.release_lock(a_connection(locked_by="t0"), release())


def test_release_lock_never_makes_a_connection(connections: Connections) -> None:
    with pytest.raises(ConnectionGone):
        connections.release_lock(a_connection(), release())
    assert connections.get(a_connection().id) is None


def test_lock_is_not_held_once_it_was_released(connections: Connections) -> None:
    connections.open(a_connection())
    held = acquire(connections)
    connections.release_lock(held, release())
    assert not connections.holds_lock(held)


@pytest.mark.parametrize(("after", "stuck"), [(LEASE, False), (LEASE + 1, True)])
def test_frame_that_holds_the_frame_lock_too_long_is_stuck(after: int, stuck: bool) -> None:
    held = a_connection(locked_by="t1", locked_at=START)
    assert held.is_lease_over(START + after) is stuck


def test_connection_that_nobody_holds_is_never_stuck() -> None:
    assert not a_connection().is_lease_over(START + 10_000)


def test_extend_moves_the_end(connections: Connections) -> None:
    connections.open(a_connection())
    extended = connections.extend(acquire(connections), START + 1_800)
    assert extended.expires_at == START + 1_800
    assert connections.get(extended.id) == extended


def test_extend_never_makes_a_connection(connections: Connections) -> None:
    with pytest.raises(ConnectionGone):
        connections.extend(a_connection(locked_by="t1"), START + 1_800)
    assert connections.get(a_connection().id) is None


def test_extend_is_refused_once_the_connection_is_dead(connections: Connections) -> None:
    connections.open(a_connection())
    held = acquire(connections)
    connections.mark_closing(held.id)
    with pytest.raises(ConnectionGone):
        connections.extend(held, START + 1_800)


def test_extend_is_refused_once_the_turn_is_over(connections: Connections) -> None:
    connections.open(a_connection())
    held = acquire(connections)
    connections.release_lock(held, release())
    with pytest.raises(ConnectionGone):
        connections.extend(held, START + 1_800)


def test_bury_of_a_frame_lock_that_moved_does_nothing(connections: Connections) -> None:
    connections.open(a_connection())
    connection = connections.get(a_connection().id)
    acquire(connections)
    assert connections.mark_closing(a_connection().id, unless_changed=connection) is None


@pytest.mark.parametrize("heavy", [True, False])
def test_bury_of_a_frame_lock_that_stands_still_marks_it(
    connections: Connections, heavy: bool
) -> None:
    connections.open(a_connection())
    if heavy:
        acquire(connections)
    connection = connections.get(a_connection().id)
    buried = connections.mark_closing(a_connection().id, unless_changed=connection)
    assert buried
    assert buried.closing


# Opening and closing.


def test_bury_marks_the_connection_and_tells_what_it_was(connections: Connections) -> None:
    connections.open(a_connection(channels=frozenset({"room:1"})))
    buried = connections.mark_closing(a_connection().id)
    assert buried
    assert buried.closing
    assert buried.channels == {"room:1"}
    assert connections.get(buried.id) == buried


def test_bury_finds_nothing_where_nothing_was_opened(connections: Connections) -> None:
    assert connections.mark_closing("nobody") is None
    assert connections.get("nobody") is None


def test_of_session_finds_what_was_announced(connections: Connections) -> None:
    connections.index(a_connection("one"))
    connections.index(a_connection("two"))
    connections.index(a_connection("three", session_id="c" * 32))
    connections.index(a_connection("four", user_id="d" * 32))
    assert sorted(connections.of_session(USER, SESSION)) == ["one", "two"]


def test_connections_of_all_sessions_come_with_their_session(connections: Connections) -> None:
    connections.index(a_connection("one"))
    connections.index(a_connection("two", session_id="c" * 32))
    connections.index(a_connection("three", session_id=""))
    connections.index(a_connection("four", user_id="d" * 32))
    assert sorted(connections.of_sessions(USER)) == [("one", SESSION), ("two", "c" * 32)]


def test_count_has_the_connections_of_one_user(connections: Connections) -> None:
    connections.index(a_connection("one"))
    connections.index(a_connection("two", session_id="c" * 32))
    connections.index(a_connection("three", user_id="d" * 32))
    assert connections.count(USER) == 2


@pytest.mark.parametrize("name", ["ada#1", "#", "é", "a" * 32 + "0", "x" * 255])
def test_users_of_an_app_may_have_any_name(connections: Connections, name: str) -> None:
    connections.index(a_connection(user_id=name, session_id=""))
    assert connections.count(name) == 1


def test_retract_takes_an_announcement_back(connections: Connections) -> None:
    connections.index(a_connection())
    connections.unindex(a_connection())
    assert connections.of_session(USER, SESSION) == []


def test_remove_leaves_nothing(connections: Connections) -> None:
    connections.index(a_connection())
    connections.open(a_connection())
    connections.remove(a_connection())
    assert connections.get(a_connection().id) is None
    assert connections.of_session(USER, SESSION) == []


def test_every_connection_is_in_one_slot(connections: Connections) -> None:
    ids = [f"connection{number}=" for number in range(40)]
    for each in ids:
        connections.open(a_connection(each))
    slots = [list(connections.in_slot(slot)) for slot in range(SLOTS)]
    assert sorted(each for slot in slots for each in slot) == sorted(ids)
    assert all(slots)


def test_slot_is_the_same_in_every_process() -> None:
    assert slot_of("L0SM9cOFvHcCIhw=") == 2


@pytest.mark.parametrize(("after", "expired"), [(0, False), (GRACE - 1, False), (GRACE, True)])
def test_connection_expires_after_the_grace(after: int, expired: bool) -> None:
    assert a_connection().is_expired(START + 900 + after) is expired


def test_connection_without_an_end_never_expires() -> None:
    assert not a_connection(expires_at=None).is_expired(2**40)


@pytest.mark.parametrize("info", [None, 0, "a", {"name": "Ada", "age": 0.5}])
def test_what_a_token_tells_of_its_user_is_kept(connections: Connections, info: object) -> None:
    connections.open(a_connection(info=info, expires_at=None))
    assert connections.get(a_connection().id) == a_connection(info=info, expires_at=None)
