"""The turnstile: lets the frames of a connection through one at a time, in their order.

API Gateway runs them side by side. The ids of commands are contiguous on a connection, so its
``done_id`` tells whose turn it is.
"""

from dataclasses import dataclass

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.errors import BadFrame, FloodingClient, ServerError
from gatehouse.realtime.checks import TIME_TO_CONNECT
from gatehouse.stores.connections import LONGEST_TURN, Connection

PATIENCE = 3.0
"""Seconds without a move of the turnstile after which a frame gives up. Not since it came: a burst
of fifty is no reason to end a connection."""

FIRST_WAIT, LONGEST_WAIT = 0.01, 0.08
"""Seconds between two looks at the turnstile; longer ones as time goes by."""

NEXT_WAIT = 0.02
"""Seconds between two looks for whoever is the next in line: all behind wait for it."""

LATEST_CONNECT = TIME_TO_CONNECT + LONGEST_TURN
"""Seconds after the handshake from which on no ``connect`` can be under way."""

MAX_BACKLOG = 128
"""Commands that may wait before the one that comes: each of their frames keeps a process busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnstile:
    """One frame's wait for its turn."""

    backend: Backend
    connection_id: str
    first: int
    """The id of its first command."""
    turn: str
    """A name that was never used."""
    channels: frozenset[str]
    """What it may join."""
    changes: bool
    """Whether it holds the turnstile while it is carried out, and not only waits for its turn."""
    age: float = 0
    """Seconds since the handshake, as far as the gateway tells."""

    def pass_through(self) -> Connection | None:
        """The connection, when it is this frame's turn; None where it was carried out before.

        Raises:
            ConnectionGone: the connection is being closed.
            BadFrame: nobody connected, and nobody can have.
            FloodingClient: too many wait already.
            ServerError: the frames before did not come, or the connection was closed before.
        """
        connections, clock = self.backend.connections, self.backend.clock
        seen: Connection | None = None
        waited, delay, ready = 0.0, FIRST_WAIT, True
        while True:
            # Tried at once, and then when a look says so: looking is half as dear.
            if ready and self.changes and (held := self._take()):
                return held
            found = connections.get(self.connection_id)
            if found and self._is_too_late(found):
                return None
            ready = bool(found and found.done_id == self.first - 1 and not found.busy)
            if ready and not self.changes:
                return found
            if ready:
                continue
            self._check_backlog(found)
            if _moved(seen, found):
                seen, waited = found, 0.0
            if waited >= PATIENCE and self._give_up(found):
                raise ServerError("the frames before did not come")
            pause = NEXT_WAIT if found and self.first - found.done_id <= 2 else delay
            clock.sleep(pause)
            waited, delay = waited + pause, min(2 * delay, LONGEST_WAIT)

    def _take(self) -> Connection | None:
        now = self.backend.clock.now()
        return self.backend.connections.take(
            self.connection_id, self.first, turn=self.turn, now=now, channels=self.channels
        )

    def _is_too_late(self, found: Connection) -> bool:
        if found.dead:
            raise ConnectionGone
        return found.done_id >= self.first

    def _check_backlog(self, found: Connection | None) -> None:
        # The first command of a client's life: no connect can be under way before it.
        if found is None and self.first == 1:
            raise BadFrame("connect comes first")
        if found is None and self.age > LATEST_CONNECT:
            raise ServerError("the connection was closed")
        if found and self.first - found.done_id > MAX_BACKLOG:
            raise FloodingClient

    def _give_up(self, found: Connection | None) -> bool:
        """Whether the turnstile did not move until this connection was marked as dead."""
        if found is None:
            return True
        return self.backend.connections.bury(self.connection_id, unless_changed=found) is not None


def _moved(seen: Connection | None, found: Connection | None) -> bool:
    """Whether the turnstile moved between two looks at it."""
    if seen is None or found is None:
        return seen is not found
    return (seen.done_id, seen.busy) != (found.done_id, found.busy)
