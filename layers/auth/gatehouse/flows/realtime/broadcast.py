"""Send straight to everybody in a channel: ephemeral posts, and presence events.

These may be lost. They are, where all of them together would take more of the account's
@connections calls than the broadcast budget: no room, and no member of one, keeps anybody from
signing in.
"""

import logging

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import Unavailable
from gatehouse.realtime import pushes
from gatehouse.realtime.channels import Rule
from gatehouse.stores.members import Member

WINDOW = 1
"""Seconds for which the posts of broadcasts are counted."""

COUNT_LIFE = 60
"""Seconds after which DynamoDB may drop a count."""

log = logging.getLogger(__name__)


def broadcast(backend: Backend, rule: Rule, channel: str, line: str) -> None:
    """Sends a line to every member that is there now. A member that cannot be reached misses it,
    and everybody does when the budget is used up."""
    members = backend.realtime.members.present(channel, rule.shards, backend.clock.now())
    if not _is_within_budget(backend, len(members)):
        log.info("dropped a broadcast", extra={"members": len(members)})
        return

    def send(member: Member) -> None:
        try:
            backend.realtime.gateway.send(member.connection_id, line)
        except ConnectionGone:
            # The gateway reports its end, or maintenance finds it.
            return

    backend.realtime.for_each(send, members)


def _is_within_budget(backend: Backend, posts: int) -> bool:
    """Takes so many posts from the budget. Returns whether they were left.

    A single one always passes, as the reply to a command does. If the count cannot be read, none
    passes.
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
    """Sends the presence event of a member that came."""
    broadcast(backend, rule, member.channel, pushes.join(member.channel, info_of(member)))


def broadcast_leave(backend: Backend, rule: Rule, member: Member) -> None:
    """Sends the presence event of a member that left."""
    broadcast(backend, rule, member.channel, pushes.leave(member.channel, info_of(member)))


def info_of(member: Member) -> dict[str, object]:
    """Returns what others see of a member."""
    return pushes.info(member.user_id, member.client, member.conn_info, member.chan_info)
