"""One frame's way: through the turnstile, its commands in their order, then their replies.

API Gateway runs the frames of a connection side by side. A frame is carried out when all before it
are: the ids of commands are contiguous on a connection, so ``done_id`` tells whose turn it is.
Frames that change what the connection is in hold the turnstile, and what they write requires that
they still do; the others only wait for their turn.

What is sent has an order too: the replies first, then what is live.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
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
    TooManyRequests,
)
from gatehouse.identity import new_id
from gatehouse.stores.connections import Connection, Opening, Turn
from gatehouse.websocket import frames
from gatehouse.websocket.frames import Command
from gatehouse.websocket.turnstile import Turnstile

RESERVE = 5_000
"""Milliseconds that are kept to end a connection properly instead of being killed."""

WINDOW, MAX_SPENT = 10, 600
"""Seconds, and the commands of one connection that are carried out in them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """The declaration of one command."""

    takes: type[Any]
    flow: Callable[..., object]
    opens: bool = False
    changes: bool = False
    """It changes what the connection is in, so its frame has to hold the turnstile."""
    joins: bool = False
    leaves: bool = False
    delivers: bool = False
    """It sends to connections, maybe to this one, which must have the replies to what came before
    by then."""
    then: Callable[..., None] | None = None
    """What has to wait until the client has the reply, which is then a part of the outcome."""


_UNKNOWN = Handler(takes=object, flow=lambda *_: None)


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
        self._connection: Connection | None = None
        self._replies: list[str] = []
        self._afterwards: list[Callable[[], None]] = []
        self._left: set[str] = set()
        self._carried_out = 0
        self._turn = new_id()
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
        if not commands or not self._enter(commands):
            return
        try:
            for command in commands:
                if not self._answer(command):
                    break
        except Disconnected:
            self._send()
            raise
        self._flush()
        self._leave(commands)

    # The turnstile.

    def _enter(self, commands: list[Command]) -> bool:
        """Whether it became this frame's turn; not where it was carried out before."""
        self._asked_for = self._channels(commands)
        handlers = [self._handler(command) for command in commands]
        if handlers[0].opens:
            return True
        found = Turnstile(
            backend=self._backend,
            connection_id=self._id,
            first=commands[0].id,
            turn=self._turn,
            channels=self._asked_for,
            changes=any(handler.changes for handler in handlers),
            age=self._age,
        ).pass_through()
        if found is None:
            return False
        if found.is_expired(self._backend.clock.now()):
            raise ConnectionExpired
        self._connection = replace(found, channels=found.channels - self._asked_for)
        return True

    def _channels(self, commands: list[Command]) -> frozenset[str]:
        """The channels that the frame asks for, as far as there are any of their names."""
        asked = {
            str(command.params.get("channel"))
            for command in commands
            if self._handler(command).joins
        }
        return frozenset(filter(self._backend.rules.know, asked))

    def _leave(self, commands: list[Command]) -> None:
        """Lets the next frame through."""
        if self._connection is None:
            return
        now = self._backend.clock.now()
        turn = Turn(
            first_id=commands[0].id,
            last_id=commands[-1].id,
            window=now // WINDOW,
            spent=self._spent(now) + len(commands),
            left=frozenset(self._left),
        )
        self._backend.connections.pass_on(self._connection, turn)

    def _spent(self, now: int) -> int:
        connection = self._connection
        return connection.spent if connection and connection.window == now // WINDOW else 0

    # The commands.

    def _answer(self, command: Command) -> bool:
        """Whether the next command may follow: not after a ``connect`` that was refused."""
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
        handler = self._handler(command)
        self._note(handler, command, refused=True)
        return not handler.opens

    def _carry_out(self, command: Command) -> object:
        if self._time_left() < RESERVE:
            raise ServerError("the frame takes too long")
        handler = self._commands.get(command.method)
        if handler is None:
            raise MethodNotFound
        params = frames.read(handler.takes, command.params)
        if handler.opens:
            return self._open(handler, command, params)
        if self._connection is None:
            raise BadFrame("connect comes first")
        spent = self._spent(self._backend.clock.now()) + self._carried_out
        if not handler.leaves and spent >= MAX_SPENT:
            raise TooManyRequests
        self._carried_out += 1
        if handler.delivers:
            self._flush()
        outcome = handler.flow(self._backend, self._connection, params)
        self._note(handler, command)
        return self._reply_of(handler, outcome)

    def _open(self, handler: Handler, command: Command, params: Any) -> object:
        if self._connection is not None:
            raise BadFrame("the connection is open already")
        opening = Opening(self._id, command.id, self._turn, self._asked_for)
        outcome: Any = handler.flow(self._backend, opening, params)
        connection: Connection = outcome.connection
        self._connection = replace(connection, channels=connection.channels - self._asked_for)
        return self._reply_of(handler, outcome)

    def _reply_of(self, handler: Handler, outcome: Any) -> object:
        if handler.then is None:
            return outcome
        self._afterwards.append(partial(handler.then, self._backend, outcome))
        return outcome.reply

    def _note(self, handler: Handler, command: Command, *, refused: bool = False) -> None:
        """Keeps in mind which channels the connection is in, now and when the frame is through."""
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

    # What is sent.

    def _flush(self) -> None:
        """Sends the replies, and then does what had to wait for them."""
        self._send()
        afterwards, self._afterwards = self._afterwards, []
        for act in afterwards:
            act()

    def _send(self) -> None:
        replies, self._replies = self._replies, []
        self._backend.gateway.send(self._id, *replies)

    def _handler(self, command: Command) -> Handler:
        return self._commands.get(command.method, _UNKNOWN)
