"""Pings connections and closes those that are dead."""

from gatehouse.aws import ConnectionGone
from gatehouse.backend.root import Backend
from gatehouse.errors import ConnectionExpired, ServerError
from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.realtime import pushes
from gatehouse.stores.connections import SLOTS


def ping_connections(backend: Backend, minute: int) -> int:
    """Pings the connections of one slot. Returns how many connections the slot has.

    Each connection is pinged every ``SLOTS`` minutes, without a write. A connection that fails does
    not stop the others.

    Args:
        minute: a number that increases by one each minute.
    """
    connection_ids = list(backend.realtime.connections.in_slot(minute % SLOTS))
    backend.realtime.for_each(lambda connection_id: _tend(backend, connection_id), connection_ids)
    return len(connection_ids)


def _tend(backend: Backend, connection_id: str) -> None:
    connection = backend.realtime.connections.get(connection_id)
    if connection is None:
        # The index lags behind its table.
        return
    if connection.closing or connection.is_lease_over(backend.clock.now()):
        close_connection(backend, connection_id, ServerError())
    elif connection.is_expired(backend.clock.now()):
        close_connection(backend, connection_id, ConnectionExpired())
    else:
        _ping(backend, connection_id)


def _ping(backend: Backend, connection_id: str) -> None:
    try:
        backend.realtime.gateway.send(connection_id, pushes.PING)
    except ConnectionGone:
        close_connection(backend, connection_id)
