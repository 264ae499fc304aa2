"""Join a channel so that nothing is missed and nothing comes twice.

The member is written before the position is read: a delivery that claims later sees it, and one
that claimed before said so in the cursor. Until the client has its reply the member is pending;
what passes by meanwhile is brought afterwards, by ``settle``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import BadFrame, ServerError, UnrecoverablePosition
from gatehouse.flows.realtime.authorization import seconds_left
from gatehouse.flows.realtime.broadcast import broadcast_join
from gatehouse.identity import new_id
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import Rule
from gatehouse.stores.connections import Connection
from gatehouse.stores.cursors import Cursor
from gatehouse.stores.members import Member, new_member
from gatehouse.stores.streams import Position, Publication, are_whole

MOST_RECOVERED = 300
"""Publications that a reply brings at the most, as many as with Centrifugo by default."""

MOST_BYTES = 64 * 1024
"""Bytes of them; the WebSocket API carries 128 KB at once."""

PATIENCE = 2.0
"""Seconds in which a delivery that saw the former member has to be done."""

POLL = 0.03
"""Seconds between two reads of the cursor."""


class Since(NamedTuple):
    """The position up to which a client says it has everything."""

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


class Join(NamedTuple):
    """A member that waits for its client to have the reply."""

    rule: Rule
    member: Member


class Joined(NamedTuple):
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
        ConnectionGone: the connection was closed meanwhile, or the frame lost the lock.
        ServerError: a delivery that saw the former member is not done.
    """
    rule = backend.realtime.rules.of(channel)
    shard = rule.shard_of(connection.id)
    more = {"subscription_end": subscription_end, "chan_info": chan_info}
    member = new_member(connection, channel, shard, token=new_id(), **more)
    was_member = backend.realtime.members.add(member)
    if not backend.realtime.connections.holds_lock(connection):
        backend.realtime.members.remove_this(member)
        raise ConnectionGone
    reply = Subscribed()
    if not rule.ephemeral:
        if was_member:
            drain(backend, channel, shard)
        member, reply = _positioned(backend, rule, member, since, most_bytes)
        if since and or_refuse and not reply.recovered:
            backend.realtime.members.remove_this(member)
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
            broadcast_join(backend, each.rule, each.member)


def settle_subscription(backend: Backend, joined: Joined) -> None:
    """The same for the outcome of one ``subscribe``."""
    settle(backend, joined.joins)


def drain(backend: Backend, channel: str, shard: int) -> None:
    """Waits until no delivery is at work that may have seen a member which is gone or replaced.

    Raises:
        ServerError: it takes too long.
    """
    cursor = backend.realtime.cursors.get(channel, shard)
    claim, waited = cursor.claim if cursor else 0, 0.0
    while cursor and cursor.done < claim:
        if waited >= PATIENCE:
            raise ServerError("a delivery does not end")
        backend.clock.sleep(POLL)
        waited += POLL
        cursor = backend.realtime.cursors.get(channel, shard)


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
    position = backend.realtime.streams.position(member.channel)
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
    cursor = backend.realtime.cursors.get(member.channel, member.shard)
    return cursor or backend.realtime.cursors.begin(member.channel, member.shard, position.offset)


def _is_known(since: Since, position: Position, rule: Rule) -> bool:
    """Whether what came after a client's position is still given out."""
    same = since.epoch in ("", position.epoch)
    missing = position.offset - since.offset
    return same and 0 <= missing <= min(rule.history_size, MOST_RECOVERED)


def _brought(
    backend: Backend, channel: str, after: int, until: int, most_bytes: int
) -> list[Publication] | None:
    """What the client missed; None if some of it expired, or it is too much for a reply."""
    publications = backend.realtime.streams.read(channel, after, until, now=backend.clock.now())
    fits = sum(len(each.pub.encode()) for each in publications) <= most_bytes
    return publications if fits and are_whole(publications, after, until) else None


def _settle(backend: Backend, member: Member) -> bool:
    """Whether it is a member now; not if it missed what expired meanwhile, or the same frame went
    on to take it out again."""
    since = member.since
    while missed := backend.realtime.members.activate(member, since):
        now = backend.clock.now()
        publications = backend.realtime.streams.read(member.channel, since, missed, now=now)
        if not are_whole(publications, since, missed):
            line = pushes.unsubscribe(member.channel, pushes.INSUFFICIENT_STATE)
            backend.realtime.gateway.send(member.connection_id, line)
            backend.realtime.members.remove_this(member)
            return False
        lines = (pushes.publication(member.channel, p.pub, p.offset) for p in publications)
        backend.realtime.gateway.send(member.connection_id, *lines)
        since = missed
    if missed is None:
        connection = backend.realtime.connections.get(member.connection_id)
        if connection is None or connection.closing:
            raise ConnectionGone
    return missed is not None
