"""Send straight to everybody in a channel: what is not kept, and who comes and goes.

These notices may be lost. So they are, where all of them together would take more of the account's
@connections calls than they may: no room, and no member of one, keeps anybody from signing in.
"""

import logging

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.errors import Unavailable
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import Rule
from gatehouse.stores.members import Member

WINDOW = 1
"""Seconds for which notices are counted."""

KEPT = 60
"""Seconds after which DynamoDB may drop a count."""

log = logging.getLogger(__name__)


def broadcast(backend: Backend, rule: Rule, channel: str, line: str) -> None:
    """Sends a line to every member that is there now. Whoever it does not reach misses it, and
    everybody does when too much of this kind is sent."""
    members = backend.members.present(channel, rule.shards, backend.clock.now())
    if not _may_send(backend, len(members)):
        log.info("dropped a notice", extra={"members": len(members)})
        return

    def send(member: Member) -> None:
        try:
            backend.gateway.send(member.connection_id, line)
        except ConnectionGone:
            # Its end is told by the gateway, or found by the caretaker.
            return

    backend.crowd(send, members)


def _may_send(backend: Backend, posts: int) -> bool:
    """Whether so many posts are within the budget, of which they are taken. A single one is, as the
    reply to a command is; and none is where nobody can tell."""
    if posts <= 1:
        return True
    now = backend.clock.now()
    most = backend.settings.notices_per_second * WINDOW
    try:
        return backend.notices.count(
            "notices", "all", now // WINDOW, most=most, ttl=now + KEPT, times=posts
        )
    except Unavailable:
        return False


def tell_of_joining(backend: Backend, rule: Rule, member: Member) -> None:
    broadcast(backend, rule, member.channel, pushes.join(member.channel, info_of(member)))


def tell_of_leaving(backend: Backend, rule: Rule, member: Member) -> None:
    broadcast(backend, rule, member.channel, pushes.leave(member.channel, info_of(member)))


def info_of(member: Member) -> dict[str, object]:
    """What others are told of a member."""
    return pushes.info(member.user_id, member.client, member.conn_info, member.chan_info)
