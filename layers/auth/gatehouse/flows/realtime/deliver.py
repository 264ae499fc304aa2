"""Deliver publications to the members of one shard of a channel, in the order of their offsets.

One delivery is at work for a shard at a time, as far as the queue can promise it. It first claims
what it is about to bring, then it reads the members; what it claimed and did not finish is brought
again by the next one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import ConnectionExpired, Disconnected, ServerError, Unavailable
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.realtime import pushes
from gatehouse.realtime.delayed_checks import TIME_TO_JOIN, DelayedCheck
from gatehouse.realtime.delivery_queue import Wake
from gatehouse.stores.cursors import Cursor
from gatehouse.stores.members import Member
from gatehouse.stores.streams import Publication, are_whole

log = logging.getLogger(__name__)

PAUSE = 1
"""Seconds after which a wake that failed comes again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Publications that are being brought: those from ``after`` (without it) to ``until``."""

    after: int
    until: int
    publications: Sequence[Publication]


def handle_wakes(backend: Backend, bodies: Sequence[str]) -> None:
    """Handles the wakes of one shard: the one with the highest offset stands for all.

    Raises: as ``deliver``
    """
    deliver(backend, max(map(Wake.from_body, bodies), key=lambda wake: wake.offset))


def retry_soon(backend: Backend, handles: Sequence[str]) -> None:
    """Lets wakes that failed come again in a moment, and not when the queue would bring them: until
    then their shard gets nothing."""
    try:
        for handle in handles:
            backend.realtime.delivery_queue.postpone(handle, PAUSE)
    except Unavailable:
        log.warning("wakes come when the queue brings them", exc_info=True)


def deliver(backend: Backend, wake: Wake) -> None:
    """Serves the members of a shard until they have what the wake is for.

    Raises:
        Unavailable: something did not answer. The next delivery brings what was claimed again.
    """
    cursor = _cursor(backend, wake)
    while cursor.claim > cursor.done or cursor.done < wake.offset:
        cursor = _advance(backend, wake, cursor) or _cursor(backend, wake)


def _advance(backend: Backend, wake: Wake, cursor: Cursor) -> Cursor | None:
    """Brings what was claimed and not finished, or what the wake is for.

    Returns:
        the cursor afterwards; None where another delivery moved it.
    """
    channel, shard = wake.channel, wake.shard
    if cursor.claim == cursor.done:
        if not backend.realtime.cursors.claim(channel, shard, cursor, wake.offset):
            return None
        cursor = Cursor(wake.offset, cursor.done)
    _serve(backend, channel, shard, cursor)
    finished = backend.realtime.cursors.finish(channel, shard, cursor)
    return Cursor(cursor.claim, cursor.claim) if finished else None


def _cursor(backend: Backend, wake: Wake) -> Cursor:
    """Returns the cursor. There has to be one, or the first to join could miss what comes now."""
    cursor = backend.realtime.cursors.get(wake.channel, wake.shard)
    if cursor:
        return cursor
    top = backend.realtime.streams.position(wake.channel).offset
    return backend.realtime.cursors.begin(wake.channel, wake.shard, top)


def _serve(backend: Backend, channel: str, shard: int, cursor: Cursor) -> None:
    members = list(backend.realtime.members.of(channel, shard))
    if not members:
        return
    now = backend.clock.now()
    publications = backend.realtime.streams.read(channel, cursor.done, cursor.claim, now=now)
    delivery = Delivery(cursor.done, cursor.claim, publications)
    frames = _frames(channel, publications)
    for failure in backend.realtime.for_each(partial(_bring, backend, delivery, frames), members):
        raise failure


def _frames(channel: str, publications: Sequence[Publication]) -> list[str]:
    """The publications as most members get them, made once."""
    return list(pushes.pack(_line(channel, each) for each in publications))


def _line(channel: str, publication: Publication) -> str:
    return pushes.publication(channel, publication.pub, publication.offset)


def _bring(backend: Backend, delivery: Delivery, frames: Sequence[str], member: Member) -> None:
    """Brings one member what it does not have; a member that cannot be served is removed.

    The connection is marked before the member goes: a delivery that dies in between leaves the
    member, and the next one comes this way again.
    """
    now = backend.clock.now()
    if member.is_expired(now):
        _give_up(backend, member, ConnectionExpired())
    elif member.is_over(now):
        _unsubscribe(backend, member, pushes.SUBSCRIPTION_EXPIRED)
    elif member.pending:
        _pass_by(backend, delivery, frames, member)
    elif member.since < delivery.until:
        _send(backend, delivery, frames, member)


def _pass_by(backend: Backend, delivery: Delivery, frames: Sequence[str], member: Member) -> None:
    """Leaves a note for the join; a join that never reads it is found by a delayed check."""
    current = backend.realtime.members.note_missed(member, delivery.until)
    if current is None:
        return
    if not current.pending:
        _bring(backend, delivery, frames, current)
        return
    check = DelayedCheck(
        connection_id=member.connection_id, channel=member.channel, token=member.token
    )
    backend.realtime.delayed_checks.schedule(check, TIME_TO_JOIN)


def _send(backend: Backend, delivery: Delivery, frames: Sequence[str], member: Member) -> None:
    after = max(delivery.after, member.since)
    mine = [each for each in delivery.publications if each.offset > after]
    if not are_whole(mine, after, delivery.until):
        _unsubscribe(backend, member, pushes.INSUFFICIENT_STATE)
        return
    if after > delivery.after:
        frames = _frames(member.channel, mine)
    try:
        backend.realtime.gateway.send_frames(member.connection_id, frames)
    except ConnectionGone:
        _give_up(backend, member, None)
    except Unavailable:
        _give_up(backend, member, ServerError())


def _unsubscribe(backend: Backend, member: Member, why: tuple[int, str]) -> None:
    """Makes the client subscribe anew."""
    try:
        backend.realtime.gateway.send(member.connection_id, pushes.unsubscribe(member.channel, why))
    except ConnectionGone:
        _give_up(backend, member, None)
    except Unavailable:
        _give_up(backend, member, ServerError())
    else:
        backend.realtime.members.remove_this(member)


def _give_up(backend: Backend, member: Member, reason: Disconnected | None) -> None:
    close_connection(backend, member.connection_id, reason)
    # Also where no connection remembers it.
    backend.realtime.members.remove_this(member)
