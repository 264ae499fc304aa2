"""One frame's way: the frame lock, its commands in their order, then their replies.

API Gateway runs the frames of a connection side by side. A frame is carried out when all before it
are: the ids of commands are contiguous on a connection, so ``done_id`` says which frame is next.
Frames that change what the connection is in hold the frame lock, and what they write requires that
they still do; the others only wait for the frames before them.

What is sent has an order too: the replies first, then what is live.
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
"""Milliseconds that are kept to end a connection properly instead of being killed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """The declaration of one command."""

    input: type[Any]
    """The model of its parameters."""
    flow: Callable[..., object]
    opens: bool = False
    """Comes first and makes the connection."""
    changes: bool = False
    """Changes what the connection is in, so its frame has to hold the frame lock."""
    joins: bool = False
    """Puts the connection into a channel, unless it is refused. Changes."""
    leaves: bool = False
    """Takes the connection out of a channel. Changes, and is exempt from the budget."""
    delivers: bool = False
    """Pushes to connections, possibly this one, so pending replies are flushed first."""
    after_reply: Callable[..., None] | None = None
    """Waits until the client has the reply, which is then a part of the outcome."""


_UNKNOWN = Handler(input=object, flow=lambda *_: None)


class Exchange:
    """The time between a frame and its answers."""

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
        """Carries out the commands of a frame and answers them.

        Raises:
            Disconnected: the connection has to end; replies up to there are sent.
            ConnectionGone: it ended already.
            Unavailable: its answers cannot be sent.
        """
        # The command without an id has no place in the order, and nothing here listens to it.
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
        """Waits for the frame lock. Returns False for a frame that was carried out before."""
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
        # What the frame asks for was noted before it is joined.
        self._connection = replace(connection, channels=connection.channels - self._asked_for)
        self._budget = CommandBudget(connection)

    def _channels(self, commands: list[Command]) -> frozenset[str]:
        """Returns the channels that the frame asks for, without names that no rule covers."""
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
        """Returns whether the next command may follow: not after a refused ``connect``."""
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
            raise ServerError("the frame takes too long")
        handler = self._commands.get(command.method)
        if handler is None:
            raise MethodNotFound
        params = frames.read(handler.input, command.params)
        if handler.opens:
            return self._open(handler, command, params)
        if self._connection is None or self._budget is None:
            raise BadFrame("connect comes first")
        self._budget.spend(self._backend.clock.now(), exempt=handler.leaves)
        if handler.delivers:
            self._replies.flush()
        outcome = handler.flow(self._backend, self._connection, params)
        self._note(handler, command)
        return self._reply_of(handler, outcome)

    def _open(self, handler: Handler, command: Command, params: Any) -> object:
        if self._connection is not None:
            raise BadFrame("the connection is open already")
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
        """Notes which channels the connection is in, now and when the frame is through."""
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
