"""Bring publications to the members of one shard of a channel, in the order of their offsets.

One pump is at work for a shard at a time, as far as the queue can promise it. What it is about to
bring it claims first, then it reads the members; what it claimed and did not finish is brought
again by the next one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.errors import ConnectionExpired, Disconnected, ServerError, Unavailable
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.realtime import pushes
from gatehouse.realtime.checks import TIME_TO_JOIN, Check
from gatehouse.realtime.doorbell import Bell
from gatehouse.stores.cursors import Cursor
from gatehouse.stores.members import Member
from gatehouse.stores.streams import Publication, are_whole

log = logging.getLogger(__name__)

PAUSE = 1
"""Seconds after which a bell that was not answered rings again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Publications that are being brought: those from ``after`` (without it) to ``until``."""

    after: int
    until: int
    publications: Sequence[Publication]


def answer_bells(backend: Backend, bodies: Sequence[str]) -> None:
    """Answers the bells of one shard: the last of them speaks for all.

    Raises: as ``pump``
    """
    pump(backend, max(map(Bell.from_body, bodies), key=lambda bell: bell.offset))


def ring_soon(backend: Backend, handles: Sequence[str]) -> None:
    """Lets unanswered bells ring again in a moment, and not when the queue would: until then their
    shard gets nothing."""
    try:
        for handle in handles:
            backend.doorbell.postpone(handle, PAUSE)
    except Unavailable:
        log.warning("bells ring when the queue brings them", exc_info=True)


def pump(backend: Backend, bell: Bell) -> None:
    """Serves the members of a shard until they have what the bell rang for.

    Raises:
        Unavailable: something did not answer. What was claimed is brought again by the next pump.
    """
    cursor = _cursor(backend, bell)
    while cursor.claim > cursor.done or cursor.done < bell.offset:
        cursor = _advance(backend, bell, cursor) or _cursor(backend, bell)


def _advance(backend: Backend, bell: Bell, cursor: Cursor) -> Cursor | None:
    """Brings what was claimed and not finished, or what the bell rang for; the cursor afterwards,
    None where another pump moved it."""
    channel, shard = bell.channel, bell.shard
    if cursor.claim == cursor.done:
        if not backend.cursors.claim(channel, shard, cursor, bell.offset):
            return None
        cursor = Cursor(bell.offset, cursor.done)
    _serve(backend, channel, shard, cursor)
    finished = backend.cursors.finish(channel, shard, cursor)
    return Cursor(cursor.claim, cursor.claim) if finished else None


def _cursor(backend: Backend, bell: Bell) -> Cursor:
    """The cursor. There has to be one, or the first to join could miss what is rung for now."""
    found = backend.cursors.get(bell.channel, bell.shard)
    if found:
        return found
    top = backend.streams.position(bell.channel).offset
    return backend.cursors.begin(bell.channel, bell.shard, top)


def _serve(backend: Backend, channel: str, shard: int, cursor: Cursor) -> None:
    members = list(backend.members.of(channel, shard))
    if not members:
        return
    found = backend.streams.read(channel, cursor.done, cursor.claim, now=backend.clock.now())
    delivery = Delivery(cursor.done, cursor.claim, found)
    frames = _frames(channel, found)
    for failure in backend.crowd(partial(_bring, backend, delivery, frames), members):
        raise failure


def _frames(channel: str, found: Sequence[Publication]) -> list[str]:
    """The publications as most members get them, made once."""
    return list(pushes.pack(_line(channel, each) for each in found))


def _line(channel: str, publication: Publication) -> str:
    return pushes.publication(channel, publication.pub, publication.offset)


def _bring(backend: Backend, delivery: Delivery, frames: Sequence[str], member: Member) -> None:
    """Brings one member what it does not have; a member that cannot be served is removed.

    The connection is marked before the member goes: a pump that dies in between leaves the member,
    and the next one comes this way again.
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
    """Leaves a note for the join; a join that never reads it is found by a later look."""
    found = backend.members.note_missed(member, delivery.until)
    if found is None:
        return
    if not found.pending:
        _bring(backend, delivery, frames, found)
        return
    check = Check(connection_id=member.connection_id, channel=member.channel, token=member.token)
    backend.checks.later(check, TIME_TO_JOIN)


def _send(backend: Backend, delivery: Delivery, frames: Sequence[str], member: Member) -> None:
    after = max(delivery.after, member.since)
    mine = [each for each in delivery.publications if each.offset > after]
    if not are_whole(mine, after, delivery.until):
        _unsubscribe(backend, member, pushes.INSUFFICIENT_STATE)
        return
    if after > delivery.after:
        frames = _frames(member.channel, mine)
    try:
        backend.gateway.send_frames(member.connection_id, frames)
    except ConnectionGone:
        _give_up(backend, member, None)
    except Unavailable:
        _give_up(backend, member, ServerError())


def _unsubscribe(backend: Backend, member: Member, why: tuple[int, str]) -> None:
    """Makes the client subscribe anew."""
    try:
        backend.gateway.send(member.connection_id, pushes.unsubscribe(member.channel, why))
    except ConnectionGone:
        _give_up(backend, member, None)
    except Unavailable:
        _give_up(backend, member, ServerError())
    else:
        backend.members.remove_this(member)


def _give_up(backend: Backend, member: Member, reason: Disconnected | None) -> None:
    close_connection(backend, member.connection_id, reason)
    # Also where no connection remembers it.
    backend.members.remove_this(member)
