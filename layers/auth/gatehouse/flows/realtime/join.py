"""Join a channel so that nothing is missed and nothing comes twice.

The member is written before the position is read: a pump that claims later sees it, and one that
claimed before told so by the cursor. Until the client has its reply the member is pending; what
passes by meanwhile is brought afterwards, by ``settle``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.errors import BadFrame, ServerError, UnrecoverablePosition
from gatehouse.flows.realtime.authorization import seconds_left
from gatehouse.flows.realtime.broadcast import tell_of_joining
from gatehouse.identity import new_id
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import Rule
from gatehouse.stores.connections import Connection
from gatehouse.stores.cursors import Cursor
from gatehouse.stores.members import Member, pending_member
from gatehouse.stores.streams import Position, Publication, are_whole

MOST_RECOVERED = 300
"""Publications that a reply brings at the most, as many as with Centrifugo by default."""

MOST_BYTES = 64 * 1024
"""Bytes of them; the WebSocket API carries 128 KB at once."""

PATIENCE = 2.0
"""Seconds in which a pump that saw the former member has to be done."""

LOOK = 0.03
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Since:
    """The position up to which a client has everything, as it tells."""

    offset: int
    epoch: str
    """Empty: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """SubscribeResult of the Centrifuge client protocol. What is None is left out."""

    recoverable: bool | None = None
    positioned: bool | None = None
    epoch: str | None = None
    offset: int | None = None
    """Live publications begin behind it."""
    was_recovering: bool | None = None
    recovered: bool | None = None
    publications: list[dict[str, object]] | None = None
    """What came between the client's position and ``offset``."""
    expires: bool | None = None
    ttl: int | None = None
    """Seconds until the client brings a new subscription token."""


@dataclass(frozen=True, slots=True)
class Join:
    """A member that waits for its client to have the reply."""

    rule: Rule
    member: Member


@dataclass(frozen=True, slots=True)
class Joined:
    """The reply to a ``subscribe``, and what is to be settled when the client has it."""

    reply: Subscribed
    joins: tuple[Join, ...]


def join(
    backend: Backend,
    connection: Connection,
    channel: str,
    *,
    since: Since | None = None,
    or_refuse: bool = False,
    subscription_end: int | None = None,
    chan_info: object = None,
    most_bytes: int = MOST_BYTES,
) -> Joined:
    """Makes the connection a pending member. It has to have noted the channel before.

    Args:
        since: what the client wants to have brought is what came after this.
        or_refuse: rather not be a member than miss something.

    Raises:
        UnrecoverablePosition: with ``or_refuse``, some of it is not kept any more.
        ConnectionGone: the connection was closed meanwhile, or its turn is over.
        ServerError: a pump that saw the former member is not done.
    """
    rule = backend.rules.of(channel)
    shard = rule.shard_of(connection.id)
    more = {"subscription_end": subscription_end, "chan_info": chan_info}
    member = pending_member(connection, channel, shard, token=new_id(), **more)
    was_member = backend.members.add(member)
    if not backend.connections.is_held(connection):
        backend.members.remove_this(member)
        raise ConnectionGone
    reply = Subscribed()
    if not rule.ephemeral:
        if was_member:
            drain(backend, channel, shard)
        member, reply = _positioned(backend, rule, member, since, most_bytes)
        if since and or_refuse and not reply.recovered:
            backend.members.remove_this(member)
            raise UnrecoverablePosition
    ttl = seconds_left(subscription_end, backend.clock.now())
    reply = replace(reply, expires=True if ttl else None, ttl=ttl)
    return Joined(reply, (Join(rule, member),))


def settle(backend: Backend, joins: Iterable[Join]) -> None:
    """Lets pending members get what is live, after what passed by while they were pending.

    Raises:
        ConnectionGone: the connection was closed meanwhile.
        Unavailable: not all of it could be sent.
    """
    for each in joins:
        if _settle(backend, each.member) and each.rule.join_leave:
            tell_of_joining(backend, each.rule, each.member)


def settle_subscription(backend: Backend, joined: Joined) -> None:
    """The same for the outcome of one ``subscribe``."""
    settle(backend, joined.joins)


def drain(backend: Backend, channel: str, shard: int) -> None:
    """Waits until no pump is at work that may have seen a member which is gone or replaced.

    Raises:
        ServerError: it takes too long.
    """
    cursor = backend.cursors.get(channel, shard)
    claim, waited = cursor.claim if cursor else 0, 0.0
    while cursor and cursor.done < claim:
        if waited >= PATIENCE:
            raise ServerError("a pump does not end")
        backend.clock.sleep(LOOK)
        waited += LOOK
        cursor = backend.cursors.get(channel, shard)


def read_since(recover: object, offset: object, epoch: object) -> Since | None:
    """The position that a client tells.

    Raises:
        BadFrame: it is none.
    """
    if type(recover) is not bool or type(offset) is not int or type(epoch) is not str or offset < 0:
        raise BadFrame("the position is not valid")
    return Since(offset, epoch) if recover else None


def _positioned(
    backend: Backend, rule: Rule, member: Member, since: Since | None, most_bytes: int
) -> tuple[Member, Subscribed]:
    """Where live publications begin for the member, and the reply that says so."""
    position = backend.streams.position(member.channel)
    cursor = _cursor(backend, member, position)
    begin, brought = cursor.claim, None
    if since and _is_known(since, position, rule):
        # Another shard may be ahead of this one, and the client have come from there.
        begin = max(cursor.claim, since.offset)
        brought = _brought(backend, member.channel, since.offset, begin, most_bytes)
    reply = Subscribed(
        recoverable=True,
        positioned=True,
        epoch=position.epoch,
        offset=begin if brought is not None or not since else cursor.claim,
        was_recovering=True if since else None,
        recovered=True if brought is not None else None,
        publications=[each.as_json() for each in brought] if brought else None,
    )
    return replace(member, since=reply.offset or 0), reply


def _cursor(backend: Backend, member: Member, position: Position) -> Cursor:
    found = backend.cursors.get(member.channel, member.shard)
    return found or backend.cursors.begin(member.channel, member.shard, position.offset)


def _is_known(since: Since, position: Position, rule: Rule) -> bool:
    """Whether what came after a client's position is still given out."""
    same = since.epoch in ("", position.epoch)
    missing = position.offset - since.offset
    return same and 0 <= missing <= min(rule.history_size, MOST_RECOVERED)


def _brought(
    backend: Backend, channel: str, after: int, until: int, most_bytes: int
) -> list[Publication] | None:
    """What the client missed; None if some of it expired, or it is too much for a reply."""
    found = backend.streams.read(channel, after, until, now=backend.clock.now())
    fits = sum(len(each.pub.encode()) for each in found) <= most_bytes
    return found if fits and are_whole(found, after, until) else None


def _settle(backend: Backend, member: Member) -> bool:
    """Whether it is a member now; not if it missed what expired meanwhile, or the same frame went
    on to take it out again."""
    since = member.since
    while missed := backend.members.activate(member, since):
        found = backend.streams.read(member.channel, since, missed, now=backend.clock.now())
        if not are_whole(found, since, missed):
            line = pushes.unsubscribe(member.channel, pushes.INSUFFICIENT_STATE)
            backend.gateway.send(member.connection_id, line)
            backend.members.remove_this(member)
            return False
        lines = (pushes.publication(member.channel, each.pub, each.offset) for each in found)
        backend.gateway.send(member.connection_id, *lines)
        since = missed
    if missed is None:
        connection = backend.connections.get(member.connection_id)
        if connection is None or connection.dead:
            raise ConnectionGone
    return missed is not None
