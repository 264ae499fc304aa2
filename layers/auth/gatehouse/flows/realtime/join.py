"""Joins a channel so that the client misses no publication and receives none twice.

The member is written before the position is read: a delivery that claims later sees the member,
and one that claimed earlier has recorded it in the cursor. The member is pending until the client
has its reply. ``settle`` then sends the publications that passed by meanwhile.
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
"""Most publications that a reply recovers, the default of Centrifugo."""

MOST_BYTES = 64 * 1024
"""Most bytes of publications in a reply. The WebSocket API sends messages of up to 128 KB."""

PATIENCE = 2.0
"""Seconds to wait for a delivery that read the former member."""

POLL = 0.03
"""Seconds between two reads of the cursor."""


class Since(NamedTuple):
    """The position up to which a client says it has every publication."""

    offset: int
    epoch: str
    """Empty to match any epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """SubscribeResult of the Centrifuge client protocol. Fields that are None are omitted."""

    recoverable: bool | None = None
    """True if the client can recover from a position. Absent in an ephemeral channel."""
    positioned: bool | None = None
    """True if publications have offsets. Absent in an ephemeral channel."""
    epoch: str | None = None
    """The epoch of the stream. An offset has a meaning only together with it."""
    offset: int | None = None
    """Live publications start after this offset."""
    was_recovering: bool | None = None
    """True if the client asked for recovery."""
    recovered: bool | None = None
    """True if the reply holds every publication since the client's position."""
    publications: list[dict[str, object]] | None = None
    """The publications between the client's position and ``offset``."""
    expires: bool | None = None
    """True if the subscription expires."""
    ttl: int | None = None
    """Seconds until the client must send a new subscription token."""


class Join(NamedTuple):
    """A pending member, whose client does not have the reply yet."""

    rule: Rule
    member: Member


class Joined(NamedTuple):
    """The outcome of ``subscribe``: the reply, and the joins to settle once the client has it."""

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
    """Makes the connection a pending member of a channel.

    The channel must be noted on the connection before, so that closing the connection finds it.

    Args:
        since: the position after which the client wants publications recovered.
        or_refuse: refuses the join if not all of them can be recovered.
        subscription_end: Unix time at which the subscription ends; None if it does not.
        chan_info: what other members see about the user in this channel, any JSON.
        most_bytes: bytes of publications that the reply may hold.

    Raises:
        UnrecoverablePosition: with ``or_refuse``, not all publications can be recovered.
        ConnectionGone: the connection was closed meanwhile, or the frame lost the lock.
        ServerError: a delivery that read the former member did not finish in time.
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
    """Sends pending members the publications they missed, then activates them for live ones.

    Raises:
        ConnectionGone: the connection was closed meanwhile.
        Unavailable: some of the publications may not have been sent.
    """
    for each in joins:
        if _settle(backend, each.member) and each.rule.join_leave:
            broadcast_join(backend, each.rule, each.member)


def settle_subscription(backend: Backend, joined: Joined) -> None:
    """Settles the outcome of one ``subscribe``. Raises: as ``settle``"""
    settle(backend, joined.joins)


def drain(backend: Backend, channel: str, shard: int) -> None:
    """Waits until every delivery that may have read a removed or replaced member has finished.

    Raises:
        ServerError: a delivery did not finish in time.
    """
    cursor = backend.realtime.cursors.get(channel, shard)
    claim, waited = cursor.claim if cursor else 0, 0.0
    while cursor and cursor.done < claim:
        if waited >= PATIENCE:
            raise ServerError("a delivery did not finish in time")
        backend.clock.sleep(POLL)
        waited += POLL
        cursor = backend.realtime.cursors.get(channel, shard)


def read_since(recover: object, offset: object, epoch: object) -> Since | None:
    """Returns the position to recover from, or None if the client does not ask for recovery.

    Raises:
        BadFrame: the parameters are not a position.
    """
    if type(recover) is not bool or type(offset) is not int or type(epoch) is not str or offset < 0:
        raise BadFrame("the position is not valid")
    return Since(offset, epoch) if recover else None


def _positioned(
    backend: Backend, rule: Rule, member: Member, since: Since | None, most_bytes: int
) -> tuple[Member, Subscribed]:
    """Returns the member with the offset after which live publications start, and the reply."""
    position = backend.realtime.streams.position(member.channel)
    cursor = _cursor(backend, member, position)
    begin, brought = cursor.claim, None
    if since and _is_known(since, position, rule):
        # Another shard may be ahead of this one, and the client may come from there.
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
    """Returns whether the publications after a client's position may be recovered."""
    same = since.epoch in ("", position.epoch)
    missing = position.offset - since.offset
    return same and 0 <= missing <= min(rule.history_size, MOST_RECOVERED)


def _brought(
    backend: Backend, channel: str, after: int, until: int, most_bytes: int
) -> list[Publication] | None:
    """Returns the publications that the client missed, or None if some expired or are too large."""
    publications = backend.realtime.streams.read(channel, after, until, now=backend.clock.now())
    fits = sum(len(each.pub.encode()) for each in publications) <= most_bytes
    return publications if fits and are_whole(publications, after, until) else None


def _settle(backend: Backend, member: Member) -> bool:
    """Activates a pending member. Returns whether it is a member now.

    It is not if publications that it missed have expired, or if the same frame has removed or
    replaced it.
    """
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
