"""Which frame runs, and what happens to the frames that wait."""

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
from harness.moto_backend import MotoBackend
from harness.records import a_connection
from tests.support.calls import recorded

either_kind = pytest.mark.parametrize("changes", [True, False])


def at(
    moto: MotoBackend, first: int, *, changes: bool, token: str = "t1", age: float = 0
) -> FrameLock:
    return FrameLock(
        backend=moto.backend,
        connection_id=a_connection().id,
        first_id=first,
        fencing_token=token,
        channels=frozenset(),
        changes=changes,
        age=age,
    )


def meanwhile(moto: MotoBackend, patch: pytest.MonkeyPatch, *acts: Callable[[], object]) -> None:
    """Runs the next of the acts on each sleep, and repeats the last one."""
    waiting = list(acts)
    slept = moto.clock.slept.append

    def sleep(seconds: float) -> None:
        slept(seconds)
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])()

    patch.setattr(moto.clock, "sleep", sleep)


def nothing() -> None:
    """Lets the wait go on."""


def finish(moto: MotoBackend, last: int, connection: Connection | None = None) -> None:
    released = Release(first_id=last, last_id=last, window=0, spent=0)
    moto.backend.realtime.connections.release_lock(connection or a_connection(), released)


@either_kind
def test_frame_whose_turn_it_is_passes_at_once(moto: MotoBackend, changes: bool) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    connection = at(moto, 5, changes=changes).acquire()
    assert connection
    assert connection.locked_by == ("t1" if changes else "")
    assert moto.clock.slept == []


@either_kind
def test_frame_waits_for_the_one_before(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    meanwhile(moto, monkeypatch, nothing, lambda: finish(moto, 5), nothing)
    assert at(moto, 6, changes=changes).acquire()
    assert moto.clock.slept == [NEXT_WAIT, NEXT_WAIT]


@either_kind
def test_frame_waits_for_one_that_holds_the_frame_lock(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch, changes: bool
) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    held = at(moto, 5, changes=True, token="other").acquire()
    meanwhile(moto, monkeypatch, nothing, lambda: finish(moto, 5, held), nothing)
    connection = at(moto, 6, changes=changes).acquire()
    assert connection
    assert connection.done_id == 5


@either_kind
def test_frame_that_was_carried_out_before_does_not_pass(moto: MotoBackend, changes: bool) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    assert at(moto, 4, changes=changes).acquire() is None


@either_kind
def test_nobody_passes_once_the_connection_is_dead(moto: MotoBackend, changes: bool) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    moto.backend.realtime.connections.mark_closing(a_connection().id)
    with pytest.raises(ConnectionGone):
        at(moto, 5, changes=changes).acquire()


@either_kind
def test_frame_before_which_others_never_come_ends_the_connection(
    moto: MotoBackend, changes: bool
) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    with pytest.raises(ServerError):
        at(moto, 9, changes=changes).acquire()
    assert PATIENCE <= sum(moto.clock.slept) < PATIENCE + 0.1
    connection = moto.backend.realtime.connections.get(a_connection().id)
    assert connection
    assert connection.closing


def test_patience_begins_anew_with_every_move(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto.backend.realtime.connections.open(a_connection())
    moves = [lambda last=last: finish(moto, last) for last in range(1, 6)]
    pauses = [nothing] * 30
    acts = [act for move in moves for act in (*pauses, move)]
    meanwhile(moto, monkeypatch, *acts, nothing)
    assert at(moto, 6, changes=False).acquire()
    assert sum(moto.clock.slept) > 2 * PATIENCE


def test_too_many_that_wait_end_the_connection(moto: MotoBackend) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    with pytest.raises(FloodingClient):
        at(moto, 4 + MAX_BACKLOG + 1, changes=False).acquire()
    assert moto.clock.slept == []


def test_first_command_of_a_client_s_life_cannot_follow_a_connect(moto: MotoBackend) -> None:
    with pytest.raises(BadFrame):
        at(moto, 1, changes=False).acquire()


@either_kind
def test_frame_of_a_connection_that_was_closed_does_not_wait(
    moto: MotoBackend, changes: bool
) -> None:
    with pytest.raises(ServerError):
        at(moto, 5, changes=changes, age=LATEST_CONNECT + 0.1).acquire()
    assert moto.clock.slept == []


@either_kind
def test_frame_waits_as_long_as_a_connect_may_be_under_way(
    moto: MotoBackend, changes: bool
) -> None:
    with pytest.raises(ServerError):
        at(moto, 5, changes=changes, age=LATEST_CONNECT).acquire()
    assert sum(moto.clock.slept) >= PATIENCE


def test_waiting_looks_and_does_not_write(moto: MotoBackend) -> None:
    moto.backend.realtime.connections.open(a_connection(done_id=4))
    at(moto, 5, changes=True, token="other").acquire()
    with recorded() as calls, pytest.raises(ServerError):
        at(moto, 6, changes=True).acquire()
    writes = [call for call in calls if call.operation == "UpdateItem"]
    # The one attempt to acquire the lock, and the closing mark at the end.
    assert len(writes) == 2
