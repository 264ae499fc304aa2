"""Close connections, and forget what is known of them."""

import logging

from gatehouse.backend.root import Backend
from gatehouse.errors import Disconnected, ForcedDisconnect, Unavailable
from gatehouse.flows.realtime.broadcast import broadcast_leave
from gatehouse.realtime.delayed_checks import DelayedCheck
from gatehouse.stores.connections import Connection

RETRY = 5
"""Seconds after which a connection that could not be closed is closed again."""

log = logging.getLogger(__name__)


def close_connection(
    backend: Backend, connection_id: str, reason: Disconnected | None = None
) -> None:
    """Removes a connection from all channels. Doing it twice changes nothing.

    It is marked first and removed last: what is interrupted in between is found by maintenance,
    and nobody can join meanwhile. A gateway that does not answer leaves the socket open, but
    nothing is sent to it any more, and a delayed check closes it.

    Args:
        reason: sent to the client, whose socket is then closed; None where the socket is gone.

    Raises:
        Unavailable: the socket may still be open; the mark stays.
    """
    connection = backend.realtime.connections.mark_closing(connection_id)
    finish_closing(backend, connection_id, connection, reason)


def finish_closing(
    backend: Backend,
    connection_id: str,
    connection: Connection | None,
    reason: Disconnected | None,
) -> None:
    """The same for a connection that carries the mark already, or that nobody knows."""
    closed = reason is None or _close_socket(backend, connection_id, reason)
    if connection is None:
        return
    for channel in connection.channels:
        _forget_member(backend, channel, connection_id)
    if closed:
        backend.realtime.connections.remove(connection)


def close_connections_of_session(backend: Backend, user_id: str, session_id: str) -> None:
    """Closes every connection of a session that was ended, also those that are just being opened.

    The session has to be marked as ended before.
    """
    backend.realtime.for_each(
        lambda connection_id: close_connection(backend, connection_id, ForcedDisconnect()),
        backend.realtime.connections.of_session(user_id, session_id),
    )


def _close_socket(backend: Backend, connection_id: str, reason: Disconnected) -> bool:
    """Returns whether the socket is closed; if not, a delayed check tries again."""
    try:
        backend.realtime.gateway.disconnect(connection_id, reason)
    except Unavailable:
        log.exception("could not close", extra={"connection_id": connection_id})
        again = DelayedCheck(connection_id=connection_id)
        backend.realtime.delayed_checks.schedule(again, RETRY)
        return False
    return True


def _forget_member(backend: Backend, channel: str, connection_id: str) -> None:
    if not backend.realtime.rules.know(channel):
        # The rule was taken away while somebody was in the channel; TTL removes the member.
        return
    rule = backend.realtime.rules.of(channel)
    member = backend.realtime.members.remove(channel, rule.shard_of(connection_id), connection_id)
    if member and not member.pending and rule.join_leave:
        broadcast_leave(backend, rule, member)
