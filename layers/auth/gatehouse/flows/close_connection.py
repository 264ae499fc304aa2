"""Close connections, and forget what is known of them."""

from gatehouse.backend import Backend
from gatehouse.errors import Disconnected, ForcedDisconnect
from gatehouse.realtime import crowd


def close_connection(
    backend: Backend, connection_id: str, reason: Disconnected | None = None
) -> None:
    """Removes a connection from all channels. Doing it twice changes nothing.

    It is marked first and removed last: what is interrupted in between is found by the caretaker,
    and nobody can join meanwhile.

    Args:
        reason: told to the client, whose socket is then closed; None where the socket is gone.

    Raises:
        Unavailable: the socket may still be open; the mark stays.
    """
    connection = backend.connections.bury(connection_id)
    if reason:
        backend.gateway.disconnect(connection_id, reason)
    if connection is None:
        return
    for channel in connection.channels:
        backend.members.remove(channel, connection_id)
    backend.connections.remove(connection)


def close_connections_of_session(backend: Backend, user_id: str, session_id: str) -> None:
    """Closes every connection of a session that was ended, also those that are just being opened.

    The session has to be marked as ended before.
    """
    crowd.each(
        lambda connection_id: close_connection(backend, connection_id, ForcedDisconnect()),
        backend.connections.of_session(user_id, session_id),
    )
