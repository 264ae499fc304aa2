"""One frame from arrival to replies: waits its turn, runs its commands in order, then replies.

API Gateway runs the frames of a connection concurrently. A frame runs once all earlier frames are
done: command IDs are contiguous on a connection, so ``done_id`` says which frame is next. A frame
that changes the connection or its channels holds the frame lock, and each of its writes requires
that it still does. Other frames only wait for the earlier ones.

Sending has an order too: replies go first, then live publications.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import (
    BadFrame,
    ConnectionExpired,
    Disconnected,
    InternalError,
    MethodNotFound,
    Refusal,
    ServerError,
)
from gatehouse.identity import new_id
from gatehouse.stores.connections import Connection, Opening, Release
from gatehouse.websocket import frames
from gatehouse.websocket.budget import WINDOW, CommandBudget
from gatehouse.websocket.frame_lock import FrameLock
from gatehouse.websocket.frames import Command
from gatehouse.websocket.replies import Replies

RESERVE = 5_000
"""Milliseconds of the function's time reserved for closing a connection before the timeout."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """The declaration of one socket command."""

    input: type[Any]
    """The dataclass that the command's parameters are read into."""
    flow: Callable[..., object]
    """Runs the command. Its outcome is the reply, unless there is an ``after_reply``."""
    opens: bool = False
    """Whether the command creates the connection, so it must come first and waits for no frame."""
    changes: bool = False
    """Whether the command changes the connection or its channels, so its frame must hold the frame
    lock."""
    joins: bool = False
    """Whether the command puts the connection into the channel of its parameters. The channel is
    noted when the lock is acquired, and taken back after a refusal. Implies ``changes``."""
    leaves: bool = False
    """Whether the command takes the connection out of the channel of its parameters. Implies
    ``changes``, and runs even when the command budget is exhausted."""
    delivers: bool = False
    """Whether the command pushes to connections, possibly to its own, so the replies to earlier
    commands are flushed first."""
    after_reply: Callable[..., None] | None = None
    """Runs once the reply is sent, with the flow's outcome, whose ``reply`` is then the reply."""


_UNKNOWN = Handler(input=object, flow=lambda *_: None)


class Exchange:
    """The handling of one frame, from its text to its replies."""

    def __init__(
        self,
        backend: Backend,
        connection_id: str,
        commands: Mapping[str, Handler],
        *,
        age: float,
        time_left: Callable[[], float],
    ) -> None:
        self._backend = backend
        self._id = connection_id
        self._commands = commands
        self._age = age
        self._time_left = time_left
        self._replies = Replies(partial(backend.realtime.gateway.send, connection_id))
        self._connection: Connection | None = None
        self._budget: CommandBudget | None = None
        self._left: set[str] = set()
        self._fencing_token = new_id()
        self._asked_for: frozenset[str] = frozenset()

    def run(self, text: str) -> None:
        """Runs the commands of a frame and replies to them.

        Raises:
            Disconnected: the connection must be closed. Replies to earlier commands are sent.
            ConnectionGone: the connection is closed or being closed, or the frame lost the lock.
            Unavailable: the replies cannot be sent.
        """
        # A ``send`` has no ID, so it has no place in the order, and no flow handles it.
        commands = [each for each in frames.decode(text) if each.method != frames.NO_REPLY]
        if not commands or not self._acquire(commands):
            return
        try:
            for command in commands:
                if not self._answer(command):
                    break
        except Disconnected:
            self._replies.send()
            raise
        self._replies.flush()
        self._release(commands)

    # The frame lock.

    def _acquire(self, commands: list[Command]) -> bool:
        """Waits until the frame may run. Returns False if it has run before."""
        self._asked_for = self._channels(commands)
        handlers = [self._handler(command) for command in commands]
        if handlers[0].opens:
            return True
        connection = FrameLock(
            backend=self._backend,
            connection_id=self._id,
            first_id=commands[0].id,
            fencing_token=self._fencing_token,
            channels=self._asked_for,
            changes=any(handler.changes for handler in handlers),
            age=self._age,
        ).acquire()
        if connection is None:
            return False
        if connection.is_expired(self._backend.clock.now()):
            raise ConnectionExpired
        self._go_on_with(connection)
        return True

    def _go_on_with(self, connection: Connection) -> None:
        # The lock noted the channels that the frame asks for. The connection is not in them yet.
        self._connection = replace(connection, channels=connection.channels - self._asked_for)
        self._budget = CommandBudget(connection)

    def _channels(self, commands: list[Command]) -> frozenset[str]:
        """Returns the channels that the frame asks to join, without names that no rule covers."""
        asked = {
            str(command.params.get("channel"))
            for command in commands
            if self._handler(command).joins
        }
        return frozenset(filter(self._backend.realtime.rules.know, asked))

    def _release(self, commands: list[Command]) -> None:
        """Lets the next frame run."""
        if self._connection is None or self._budget is None:
            return
        now = self._backend.clock.now()
        release = Release(
            first_id=commands[0].id,
            last_id=commands[-1].id,
            window=now // WINDOW,
            spent=self._budget.spent_before(now) + len(commands),
            left=frozenset(self._left),
        )
        self._backend.realtime.connections.release_lock(self._connection, release)

    # The commands.

    def _answer(self, command: Command) -> bool:
        """Runs a command and adds its reply. Returns False after a refused ``connect``, which ends
        the frame."""
        try:
            outcome = self._carry_out(command)
            self._replies.add(frames.reply(command, outcome))
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
        self._replies.add(frames.error(command, refusal))
        handler = self._handler(command)
        self._note(handler, command, refused=True)
        return not handler.opens

    def _carry_out(self, command: Command) -> object:
        if self._time_left() < RESERVE:
            raise ServerError("the frame took too long")
        handler = self._commands.get(command.method)
        if handler is None:
            raise MethodNotFound
        params = frames.read(handler.input, command.params)
        if handler.opens:
            return self._open(handler, command, params)
        if self._connection is None or self._budget is None:
            raise BadFrame("connect must be the first command")
        self._budget.spend(self._backend.clock.now(), exempt=handler.leaves)
        if handler.delivers:
            self._replies.flush()
        outcome = handler.flow(self._backend, self._connection, params)
        self._note(handler, command)
        return self._reply_of(handler, outcome)

    def _open(self, handler: Handler, command: Command, params: Any) -> object:
        if self._connection is not None:
            raise BadFrame("the connection is already open")
        opening = Opening(self._id, command.id, self._fencing_token, self._asked_for)
        outcome: Any = handler.flow(self._backend, opening, params)
        self._go_on_with(outcome.connection)
        return self._reply_of(handler, outcome)

    def _reply_of(self, handler: Handler, outcome: Any) -> object:
        if handler.after_reply is None:
            return outcome
        self._replies.then(partial(handler.after_reply, self._backend, outcome))
        return outcome.reply

    def _note(self, handler: Handler, command: Command, *, refused: bool = False) -> None:
        """Notes which channels the connection is in, for later commands and for the release."""
        if self._connection is None or not (handler.joins or handler.leaves):
            return
        channel, channels = str(command.params.get("channel")), set(self._connection.channels)
        if handler.leaves or refused:
            self._left.add(channel)
            channels.discard(channel)
        else:
            self._left.discard(channel)
            channels.add(channel)
        self._connection = replace(self._connection, channels=frozenset(channels))

    def _handler(self, command: Command) -> Handler:
        return self._commands.get(command.method, _UNKNOWN)
