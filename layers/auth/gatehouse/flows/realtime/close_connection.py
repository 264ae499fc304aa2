"""Closes connections and removes what is stored about them."""

import logging
from collections.abc import Iterable

from gatehouse.backend.root import Backend
from gatehouse.errors import Disconnected, ForcedDisconnect, Unavailable
from gatehouse.flows.realtime.broadcast import broadcast_leave
from gatehouse.realtime.delayed_checks import DelayedCheck
from gatehouse.stores.connections import Connection

RETRY = 5
"""Seconds until the next attempt to close a connection that could not be closed."""

log = logging.getLogger(__name__)


def close_connection(
    backend: Backend, connection_id: str, reason: Disconnected | None = None
) -> None:
    """Closes a connection and removes it from all channels. Closing it twice changes nothing.

    The connection is marked as closing first and removed last, so it can join nothing meanwhile,
    and maintenance finds a removal that was interrupted. If the gateway does not answer, the socket
    stays open until a delayed check closes it, but nothing more is sent to it.

    Args:
        reason: sent to the client before its socket is closed; None if the socket is closed.

    Raises:
        Unavailable: the removal is not complete, and the socket may still be open. Once the mark
            is written, maintenance completes the removal.
    """
    connection = backend.realtime.connections.mark_closing(connection_id)
    finish_closing(backend, connection_id, connection, reason)


def finish_closing(
    backend: Backend,
    connection_id: str,
    connection: Connection | None,
    reason: Disconnected | None,
) -> None:
    """Completes ``close_connection`` for a connection that is marked, or None if none is stored."""
    closed = reason is None or _close_socket(backend, connection_id, reason)
    if connection is None:
        return
    for channel in connection.channels:
        _forget_member(backend, channel, connection_id)
    if closed:
        backend.realtime.connections.remove(connection)


def close_connections_of_session(backend: Backend, user_id: str, session_id: str) -> None:
    """Closes every connection of an ended session, including those that are just being opened.

    The session must have ended before.
    """
    close_connections(backend, backend.realtime.connections.of_session(user_id, session_id))


def close_connections(backend: Backend, connection_ids: Iterable[str]) -> None:
    """Closes connections whose session has ended. A failure to close one stops no other."""
    backend.realtime.for_each(
        lambda connection_id: close_connection(backend, connection_id, ForcedDisconnect()),
        connection_ids,
    )


def close_connections_of_user(backend: Backend, user_id: str) -> None:
    """Closes every connection of a user, including those that are just being opened.

    Everything that lets the user connect must have ended before.

    Raises:
        Unavailable: some connections may still be open. The others are closed.
    """
    failures = backend.realtime.for_each(
        lambda connection_id: close_connection(backend, connection_id, ForcedDisconnect()),
        backend.realtime.connections.of_user(user_id),
    )
    if failures:
        raise Unavailable("some connections may still be open") from failures[0]


def _close_socket(backend: Backend, connection_id: str, reason: Disconnected) -> bool:
    """Closes the socket. Returns False if it may still be open, and schedules another attempt."""
    try:
        backend.realtime.gateway.disconnect(connection_id, reason)
    except Unavailable:
        log.exception("could not close the connection", extra={"connection_id": connection_id})
        again = DelayedCheck(connection_id=connection_id)
        backend.realtime.delayed_checks.schedule(again, RETRY)
        return False
    return True


def _forget_member(backend: Backend, channel: str, connection_id: str) -> None:
    if not backend.realtime.rules.know(channel):
        # The rule was removed while the connection was in the channel. TTL removes the member.
        return
    rule = backend.realtime.rules.of(channel)
    member = backend.realtime.members.remove(channel, rule.shard_of(connection_id), connection_id)
    if member and not member.pending and rule.join_leave:
        broadcast_leave(backend, rule, member)
