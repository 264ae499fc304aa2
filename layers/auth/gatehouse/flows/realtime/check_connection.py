"""Delayed checks of connections, for conditions that no event of the gateway reports."""

from collections.abc import Sequence

from gatehouse.backend.root import Backend
from gatehouse.errors import ConnectionExpired, ServerError, StaleConnection
from gatehouse.flows.realtime.close_connection import close_connection, finish_closing
from gatehouse.realtime.delayed_checks import MAX_DELAY, TIME_TO_CONNECT, DelayedCheck
from gatehouse.stores.connections import GRACE, Connection


def schedule_first_check(backend: Backend, connection_id: str) -> None:
    """Schedules the check that closes a new socket on which no client connects in time."""
    check = DelayedCheck(connection_id=connection_id, first=True)
    backend.realtime.delayed_checks.schedule(check, TIME_TO_CONNECT)


def check_connections(backend: Backend, bodies: Sequence[str]) -> None:
    """Runs the checks in messages of the queue.

    Raises: as ``check_connection``
    """
    for body in bodies:
        check_connection(backend, DelayedCheck.from_body(body))


def check_connection(backend: Backend, check: DelayedCheck) -> None:
    """Closes a connection that must end, and schedules the next check of any other.

    A connection must end if no client connected in time, its token has expired, a frame died while
    it held the lock, a join was never completed, or an earlier attempt to close it failed. A check
    of a join schedules no other.

    Raises:
        Unavailable: the check was not finished. The queue sends it again.
    """
    connection = backend.realtime.connections.get(check.connection_id)
    now = backend.clock.now()
    if connection is None:
        if check.first:
            backend.realtime.gateway.disconnect(check.connection_id, StaleConnection())
        elif check.channel:
            # The join died while its connection ended, so nothing else knows the member.
            _check_join(backend, check)
    elif connection.closing:
        finish_closing(backend, connection.id, connection, ServerError())
    elif connection.is_expired(now):
        close_connection(backend, connection.id, ConnectionExpired())
    elif connection.is_lease_over(now):
        close_connection(backend, connection.id, ServerError())
    elif check.channel:
        _check_join(backend, check)
    else:
        following = DelayedCheck(connection_id=connection.id)
        backend.realtime.delayed_checks.schedule(following, _until_next(connection, now))


def _until_next(connection: Connection, now: int) -> int:
    end = connection.expires_at
    return MAX_DELAY if end is None else min(MAX_DELAY, end + GRACE - now)


def _check_join(backend: Backend, check: DelayedCheck) -> None:
    shard = backend.realtime.rules.of(check.channel).shard_of(check.connection_id)
    member = backend.realtime.members.get(check.channel, shard, check.connection_id)
    if member and member.token == check.token and member.pending:
        close_connection(backend, check.connection_id, ServerError())
        backend.realtime.members.remove_this(member)
