"""Sends directly to all members of a channel: ephemeral posts and presence events.

These may be lost. They are dropped once all of them together would make more of the account's
@connections calls than the broadcast budget allows, so that no room and no member of one can keep
users from signing in.
"""

import logging

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import Unavailable
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import Rule
from gatehouse.stores.members import Member

WINDOW = 1
"""Seconds in a window of the broadcast budget."""

COUNT_LIFE = 60
"""Seconds after which DynamoDB may delete a count."""

log = logging.getLogger(__name__)


def broadcast(backend: Backend, rule: Rule, channel: str, line: str) -> None:
    """Sends a line to every member that is present now.

    A member that cannot be reached misses it. All members miss it when the broadcast budget is
    exhausted.
    """
    members = backend.realtime.members.present(channel, rule.shards, backend.clock.now())
    if not _is_within_budget(backend, len(members)):
        log.info("dropped a broadcast", extra={"members": len(members)})
        return

    def send(member: Member) -> None:
        try:
            backend.realtime.gateway.send(member.connection_id, line)
        except ConnectionGone:
            # The gateway reports the end of the connection, or maintenance finds it.
            return

    backend.realtime.for_each(send, members)


def _is_within_budget(backend: Backend, posts: int) -> bool:
    """Spends ``posts`` of the broadcast budget. Returns whether that many were left.

    A single post always passes, as the reply to a command does. If the budget cannot be counted,
    nothing else passes.
    """
    if posts <= 1:
        return True
    now = backend.clock.now()
    most = backend.settings.broadcast_budget * WINDOW
    try:
        return backend.realtime.counters.count(
            "broadcast", "all", now // WINDOW, most=most, ttl=now + COUNT_LIFE, times=posts
        )
    except Unavailable:
        return False


def broadcast_join(backend: Backend, rule: Rule, member: Member) -> None:
    """Sends the presence event of a member that joined."""
    broadcast(backend, rule, member.channel, pushes.join(member.channel, info_of(member)))


def broadcast_leave(backend: Backend, rule: Rule, member: Member) -> None:
    """Sends the presence event of a member that left."""
    broadcast(backend, rule, member.channel, pushes.leave(member.channel, info_of(member)))


def info_of(member: Member) -> dict[str, object]:
    """Returns what other members see of a member, as a ClientInfo of the protocol."""
    return pushes.info(member.user_id, member.client, member.conn_info, member.chan_info)
