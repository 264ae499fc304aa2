"""The frame lock: runs the frames of a connection one at a time, in order.

API Gateway runs them concurrently. Command IDs are contiguous on a connection, so its ``done_id``
says which frame is next. The lock is a lease with a fencing token: each write of a frame requires
that the connection still has the frame's token.
"""

from dataclasses import dataclass

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import BadFrame, FloodingClient, ServerError
from gatehouse.realtime.delayed_checks import TIME_TO_CONNECT
from gatehouse.stores.connections import LEASE, Connection, Connections

PATIENCE = 3.0
"""Seconds without a change of the lock after which a frame gives up. Every change restarts the
wait, so that a burst of fifty frames does not end a connection."""

FIRST_WAIT, LONGEST_WAIT = 0.01, 0.08
"""Seconds between two reads of the connection. The pause doubles from the first to the longest."""

NEXT_WAIT = 0.02
"""Seconds between two reads by the frame that is next in line: all later frames wait for it."""

LATEST_CONNECT = TIME_TO_CONNECT + LEASE
"""Seconds after the handshake from which no ``connect`` can still be running."""

MAX_BACKLOG = 128
"""How far the first command of a frame may be ahead of the last finished command: each waiting
frame occupies a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLock:
    """One frame's wait for its turn."""

    backend: Backend
    connection_id: str
    first_id: int
    """The ID of the frame's first command."""
    fencing_token: str
    """A name that has never been used."""
    channels: frozenset[str]
    """The channels that the frame may join."""
    changes: bool
    """Whether the frame holds the lock while it runs. If not, it only waits for earlier frames."""
    age: float = 0
    """Seconds since the handshake; 0 if the gateway does not report when that was."""

    def acquire(self) -> Connection | None:
        """Waits until the frame may run. Returns the connection, or None if the frame ran before.

        Raises:
            ConnectionGone: the connection is being closed.
            BadFrame: the first command of the client is not ``connect``.
            FloodingClient: too many commands wait already.
            ServerError: the earlier frames did not finish in time, or the connection no longer
                exists.
        """
        clock = self.backend.clock
        previous: Connection | None = None
        waited, delay, is_free = 0.0, FIRST_WAIT, True
        while True:
            # Try at once, then when a read finds the lock free: a read is cheaper than a write.
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
                raise ServerError("the earlier frames did not finish")
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
        # ID 1 is the first command of a client, so no ``connect`` can be running before it.
        if connection is None and self.first_id == 1:
            raise BadFrame("connect must be the first command")
        if connection is None and self.age > LATEST_CONNECT:
            raise ServerError("the connection was closed")
        if connection and self.first_id - connection.done_id > MAX_BACKLOG:
            raise FloodingClient

    def _give_up(self, connection: Connection | None) -> bool:
        """Marks the connection as closing unless its lock has changed. Returns whether the frame
        gives up."""
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
