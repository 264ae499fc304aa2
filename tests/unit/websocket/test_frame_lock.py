"""Whose turn it is."""

from collections.abc import Callable

import pytest

from gatehouse.aws import ConnectionGone
from gatehouse.errors import BadFrame, FloodingClient, ServerError
from gatehouse.stores.connections import Connection, Release
from gatehouse.websocket.frame_lock import (
    LATEST_CONNECT,
    MAX_BACKLOG,
    NEXT_WAIT,
    PATIENCE,
    FrameLock,
)
from tests.support.calls import recorded
from tests.support.rooms import a_connection
from tests.support.world import World

either_kind = pytest.mark.parametrize("changes", [True, False])


def at(world: World, first: int, *, changes: bool, turn: str = "t1", age: float = 0) -> FrameLock:
    return FrameLock(
        backend=world.backend,
        connection_id=a_connection().id,
        first_id=first,
        fencing_token=turn,
        channels=frozenset(),
        changes=changes,
        age=age,
    )


def meanwhile(world: World, patch: pytest.MonkeyPatch, *acts: Callable[[], object]) -> None:
    """Does one thing after another whenever somebody waits, and the last one again and again."""
    waiting = list(acts)
    slept = world.clock.slept.append

    def sleep(seconds: float) -> None:
        slept(seconds)
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])()

    patch.setattr(world.clock, "sleep", sleep)


def nothing() -> None:
    """Goes on waiting."""


def finish(world: World, last: int, connection: Connection | None = None) -> None:
    turn = Release(first_id=last, last_id=last, window=0, spent=0)
    world.backend.realtime.connections.release_lock(connection or a_connection(), turn)


@either_kind
def test_frame_whose_turn_it_is_passes_at_once(world: World, changes: bool) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    found = at(world, 5, changes=changes).acquire()
    assert found
    assert found.locked_by == ("t1" if changes else "")
    assert world.clock.slept == []


@either_kind
def test_frame_waits_for_the_one_before(
    world: World, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    meanwhile(world, monkeypatch, nothing, lambda: finish(world, 5), nothing)
    assert at(world, 6, changes=changes).acquire()
    assert world.clock.slept == [NEXT_WAIT, NEXT_WAIT]


@either_kind
def test_frame_waits_for_one_that_holds_the_frame_lock(
    world: World, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    held = at(world, 5, changes=True, turn="other").acquire()
    meanwhile(world, monkeypatch, nothing, lambda: finish(world, 5, held), nothing)
    found = at(world, 6, changes=changes).acquire()
    assert found
    assert found.done_id == 5


@either_kind
def test_frame_that_was_carried_out_before_does_not_pass(world: World, changes: bool) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    assert at(world, 4, changes=changes).acquire() is None


@either_kind
def test_nobody_passes_once_the_connection_is_dead(world: World, changes: bool) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    world.backend.realtime.connections.mark_closing(a_connection().id)
    with pytest.raises(ConnectionGone):
        at(world, 5, changes=changes).acquire()


@either_kind
def test_frame_before_which_others_never_come_ends_the_connection(
    world: World, changes: bool
) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    with pytest.raises(ServerError):
        at(world, 9, changes=changes).acquire()
    assert PATIENCE <= sum(world.clock.slept) < PATIENCE + 0.1
    connection = world.backend.realtime.connections.get(a_connection().id)
    assert connection
    assert connection.closing


def test_patience_begins_anew_with_every_move(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.backend.realtime.connections.open(a_connection())
    moves = [lambda last=last: finish(world, last) for last in range(1, 6)]
    pauses = [nothing] * 30
    acts = [act for move in moves for act in (*pauses, move)]
    meanwhile(world, monkeypatch, *acts, nothing)
    assert at(world, 6, changes=False).acquire()
    assert sum(world.clock.slept) > 2 * PATIENCE


def test_too_many_that_wait_end_the_connection(world: World) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    with pytest.raises(FloodingClient):
        at(world, 4 + MAX_BACKLOG + 1, changes=False).acquire()
    assert world.clock.slept == []


def test_first_command_of_a_client_s_life_cannot_follow_a_connect(world: World) -> None:
    with pytest.raises(BadFrame):
        at(world, 1, changes=False).acquire()


@either_kind
def test_frame_of_a_connection_that_was_closed_does_not_wait(world: World, changes: bool) -> None:
    with pytest.raises(ServerError):
        at(world, 5, changes=changes, age=LATEST_CONNECT + 0.1).acquire()
    assert world.clock.slept == []


@either_kind
def test_frame_waits_as_long_as_a_connect_may_be_under_way(world: World, changes: bool) -> None:
    with pytest.raises(ServerError):
        at(world, 5, changes=changes, age=LATEST_CONNECT).acquire()
    assert sum(world.clock.slept) >= PATIENCE


def test_waiting_looks_and_does_not_write(world: World) -> None:
    world.backend.realtime.connections.open(a_connection(done_id=4))
    at(world, 5, changes=True, turn="other").acquire()
    with recorded() as calls, pytest.raises(ServerError):
        at(world, 6, changes=True).acquire()
    writes = [call for call in calls if call.operation == "UpdateItem"]
    # Its one try, and the mark in the end.
    assert len(writes) == 2
