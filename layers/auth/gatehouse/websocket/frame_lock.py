"""The frame lock: lets the frames of a connection run one at a time, in their order.

API Gateway runs them side by side. The ids of commands are contiguous on a connection, so its
``done_id`` says which frame is next. The lock is a lease with a fencing token: what a frame writes
requires that the connection still has the frame's token.
"""

from dataclasses import dataclass

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import BadFrame, FloodingClient, ServerError
from gatehouse.realtime.delayed_checks import TIME_TO_CONNECT
from gatehouse.stores.connections import LEASE, Connection, Connections

PATIENCE = 3.0
"""Seconds without a change of the lock after which a frame gives up. Not since it came: a burst of
fifty frames is no reason to end a connection."""

FIRST_WAIT, LONGEST_WAIT = 0.01, 0.08
"""Seconds between two reads of the connection; they double as time goes by."""

NEXT_WAIT = 0.02
"""Seconds between two reads for the frame that is next in line: all frames behind wait for it."""

LATEST_CONNECT = TIME_TO_CONNECT + LEASE
"""Seconds after the handshake from which on no ``connect`` can be under way."""

MAX_BACKLOG = 128
"""Commands that may wait before the one that comes: each of their frames keeps a process busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLock:
    """One frame's wait until it may run."""

    backend: Backend
    connection_id: str
    first_id: int
    """The id of its first command."""
    fencing_token: str
    """A name that was never used."""
    channels: frozenset[str]
    """The channels that it may join."""
    changes: bool
    """Whether it holds the lock while it is carried out, and not only waits for the others."""
    age: float = 0
    """Seconds since the handshake, if the gateway says when that was."""

    def acquire(self) -> Connection | None:
        """Waits until the frame may run. Returns the connection; None if the frame ran before.

        Raises:
            ConnectionGone: the connection is being closed.
            BadFrame: nobody connected, and nobody can have.
            FloodingClient: too many wait already.
            ServerError: the frames before did not come, or the connection was closed before.
        """
        clock = self.backend.clock
        previous: Connection | None = None
        waited, delay, is_free = 0.0, FIRST_WAIT, True
        while True:
            # Tried at once, and then when a read says so: a read costs half as much.
            if is_free and self.changes and (locked := self._lock()):
                return locked
            connection = self._connections.get(self.connection_id)
            if connection and self._ran_before(connection):
                return None
            is_free = bool(connection and self._is_free_for_this(connection))
            if is_free and not self.changes:
                return connection
            if is_free:
                continue
            self._check_backlog(connection)
            if _changed(previous, connection):
                previous, waited = connection, 0.0
            if waited >= PATIENCE and self._give_up(connection):
                raise ServerError("the frames before did not come")
            pause = NEXT_WAIT if connection and self._is_next(connection) else delay
            clock.sleep(pause)
            waited, delay = waited + pause, min(2 * delay, LONGEST_WAIT)

    @property
    def _connections(self) -> Connections:
        return self.backend.realtime.connections

    def _lock(self) -> Connection | None:
        return self._connections.acquire_lock(
            self.connection_id,
            self.first_id,
            fencing_token=self.fencing_token,
            now=self.backend.clock.now(),
            channels=self.channels,
        )

    def _ran_before(self, connection: Connection) -> bool:
        if connection.closing:
            raise ConnectionGone
        return connection.done_id >= self.first_id

    def _is_free_for_this(self, connection: Connection) -> bool:
        return connection.done_id == self.first_id - 1 and not connection.locked_by

    def _is_next(self, connection: Connection) -> bool:
        return self.first_id - connection.done_id <= 2

    def _check_backlog(self, connection: Connection | None) -> None:
        # The first command of a client's life: no connect can be under way before it.
        if connection is None and self.first_id == 1:
            raise BadFrame("connect comes first")
        if connection is None and self.age > LATEST_CONNECT:
            raise ServerError("the connection was closed")
        if connection and self.first_id - connection.done_id > MAX_BACKLOG:
            raise FloodingClient

    def _give_up(self, connection: Connection | None) -> bool:
        """Returns whether the lock did not change until this connection was marked as closing."""
        if connection is None:
            return True
        marked = self._connections.mark_closing(self.connection_id, unless_changed=connection)
        return marked is not None


def _changed(previous: Connection | None, connection: Connection | None) -> bool:
    """Returns whether the lock changed between two reads."""
    if previous is None or connection is None:
        return previous is not connection
    before, after = ((each.done_id, each.locked_by) for each in (previous, connection))
    return before != after
