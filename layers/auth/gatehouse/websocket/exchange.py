"""One frame's way: its commands in their order, and their replies in as few frames as possible."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.errors import (
    BadFrame,
    ConnectionExpired,
    Disconnected,
    InternalError,
    MethodNotFound,
    Refusal,
    ServerError,
)
from gatehouse.stores.connections import Connection
from gatehouse.websocket import frames
from gatehouse.websocket.frames import Command

PATIENCE = 3.0
FIRST_WAIT = 0.01
LONGEST_WAIT = 0.08
"""Seconds. API Gateway runs the frames of a connection side by side, so what was sent after
``connect`` can arrive before it is done."""

RESERVE = 5_000
"""Milliseconds that are kept to end a connection properly instead of being killed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """The declaration of one command."""

    takes: type[Any]
    flow: Callable[..., object]
    opens: bool = False
    delivers: bool = False


class Exchange:
    """The time between a frame and its answers."""

    def __init__(
        self,
        backend: Backend,
        connection_id: str,
        commands: Mapping[str, Handler],
        *,
        sleep: Callable[[float], None],
        time_left: Callable[[], float],
    ) -> None:
        self._backend = backend
        self._id = connection_id
        self._commands = commands
        self._sleep = sleep
        self._time_left = time_left
        self._connection: Connection | None = None
        self._replies: list[str] = []

    def run(self, text: str) -> None:
        """Carries out the commands of a frame and answers them.

        Raises:
            Disconnected: the connection has to end; replies up to there are sent.
            ConnectionGone: it ended already.
            Unavailable: its answers cannot be sent.
        """
        try:
            for command in frames.decode(text):
                if not self._answer(command):
                    break
        finally:
            self._flush()

    def _answer(self, command: Command) -> bool:
        """Whether the next command may follow: not after a ``connect`` that was refused."""
        if command.method == frames.NO_REPLY:
            return True
        try:
            outcome = self._carry_out(command)
            self._replies.append(frames.reply(command, outcome))
        except (Disconnected, ConnectionGone):
            raise
        except Refusal as refusal:
            return self._refuse(command, refusal)
        except Exception:
            place = {"connection_id": self._id, "method": command.method[:50]}
            log.exception("unexpected error", extra=place)
            return self._refuse(command, InternalError())
        return True

    def _refuse(self, command: Command, refusal: Refusal) -> bool:
        if refusal.status >= 500:
            place = {"connection_id": self._id, "code": refusal.code}
            place["cause"] = repr(refusal.__cause__)
            log.error("refused", extra=place, exc_info=refusal)
        self._replies.append(frames.error(command, refusal))
        handler = self._commands.get(command.method)
        return handler is None or not handler.opens

    def _carry_out(self, command: Command) -> object:
        if self._time_left() < RESERVE:
            raise ServerError("the frame takes too long")
        handler = self._commands.get(command.method)
        if handler and handler.opens:
            params = frames.read(handler.takes, command.params)
            return handler.flow(self._backend, self._id, params)
        connection = self._find_connection(command)
        if handler is None:
            raise MethodNotFound
        if handler.delivers:
            self._flush()
        return handler.flow(self._backend, connection, frames.read(handler.takes, command.params))

    def _find_connection(self, command: Command) -> Connection:
        if self._connection is None:
            self._connection = self._await_connection(command)
        if self._connection.dead:
            raise ConnectionGone
        if self._connection.is_expired(self._backend.clock.now()):
            raise ConnectionExpired
        return self._connection

    def _await_connection(self, command: Command) -> Connection:
        waited, delay = 0.0, FIRST_WAIT
        while (connection := self._backend.connections.get(self._id)) is None:
            # The first command of a client's life: no connect can be under way before it.
            if command.id == 1:
                raise BadFrame("connect comes first")
            if waited >= PATIENCE:
                raise ServerError("connect did not come")
            self._sleep(delay)
            waited, delay = waited + delay, min(2 * delay, LONGEST_WAIT)
        return connection

    def _flush(self) -> None:
        replies, self._replies = self._replies, []
        for frame in frames.pack(replies):
            self._backend.gateway.send(self._id, frame)
