"""Look at a connection after a while: the answer to what no event tells."""

from collections.abc import Sequence

from gatehouse.backend import Backend
from gatehouse.errors import ConnectionExpired, ServerError, StaleConnection
from gatehouse.flows.realtime.close_connection import close_connection, finish_closing
from gatehouse.realtime.checks import LONGEST, TIME_TO_CONNECT, Check
from gatehouse.stores.connections import GRACE, Connection


def check_soon(backend: Backend, connection_id: str) -> None:
    """Lets somebody look whether a new connection was proved to be anybody's in time."""
    backend.checks.later(Check(connection_id=connection_id, first=True), TIME_TO_CONNECT)


def check_connections(backend: Backend, bodies: Sequence[str]) -> None:
    """Looks at the connections that messages of the queue name.

    Raises: as ``check_connection``
    """
    for body in bodies:
        check_connection(backend, Check.from_body(body))


def check_connection(backend: Backend, check: Check) -> None:
    """Closes a connection that has to end, and looks again later at one that lives.

    It has to end if nobody proved who they are in time, its token ended, a frame died while it held
    the turnstile, or a join was never completed.

    Raises:
        Unavailable: it was not looked at to the end; the queue brings the check again.
    """
    connection = backend.connections.get(check.connection_id)
    now = backend.clock.now()
    if connection is None:
        if check.first:
            backend.gateway.disconnect(check.connection_id, StaleConnection())
        elif check.channel:
            # A join that died beside the end of its connection: nothing else knows the member.
            _check_join(backend, check)
    elif connection.dead:
        finish_closing(backend, connection.id, connection, ServerError())
    elif connection.is_expired(now):
        close_connection(backend, connection.id, ConnectionExpired())
    elif connection.is_stuck(now):
        close_connection(backend, connection.id, ServerError())
    elif check.channel:
        _check_join(backend, check)
    else:
        backend.checks.later(Check(connection_id=connection.id), _until_next(connection, now))


def _until_next(connection: Connection, now: int) -> int:
    end = connection.expires_at
    return LONGEST if end is None else min(LONGEST, end + GRACE - now)


def _check_join(backend: Backend, check: Check) -> None:
    shard = backend.rules.of(check.channel).shard_of(check.connection_id)
    member = backend.members.get(check.channel, shard, check.connection_id)
    if member and member.token == check.token and member.pending:
        close_connection(backend, check.connection_id, ServerError())
        backend.members.remove_this(member)
