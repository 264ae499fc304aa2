"""The ``refresh`` command: extends a connection with a new token."""

from dataclasses import dataclass

from gatehouse import __version__
from gatehouse.backend.root import Backend
from gatehouse.errors import ConnectionExpired, InvalidConnectionToken, TokenExpired
from gatehouse.flows.realtime.authorization import check_session, identify, seconds_left
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class RefreshConnection:
    """The parameters of ``refresh``."""

    token: str
    """A new connection token of the same user and session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """RefreshResult of the Centrifuge client protocol."""

    client: str
    """The ID of the connection, as other clients see it."""
    version: str
    """The version of Gatehouse."""
    expires: bool | None = None
    """True if the new token expires."""
    ttl: int | None = None
    """Seconds until the client must send another token."""


def refresh_connection(
    backend: Backend, connection: Connection, request: RefreshConnection
) -> Refreshed:
    """Extends the connection until a new connection token expires.

    Raises:
        ConnectionExpired: the new token has expired too. An error reply would stop the client for
            good. This makes it connect again, receive ``TokenExpired``, and fetch a token.
        InvalidConnectionToken: the token is not valid, belongs to another user or session, or its
            session has ended.
        ConnectionGone: the connection was closed meanwhile, or the frame lost the lock.
    """
    try:
        principal = identify(backend, request.token)
    except TokenExpired:
        raise ConnectionExpired from None
    if (principal.user_id, principal.session_id) != (connection.user_id, connection.session_id):
        raise InvalidConnectionToken
    check_session(backend, principal)
    extended = backend.realtime.connections.extend(connection, principal.expires_at)
    for channel in filter(backend.realtime.rules.know, extended.channels):
        shard = backend.realtime.rules.of(channel).shard_of(extended.id)
        backend.realtime.members.extend(channel, shard, extended.id, extended.expires_at)
    ttl = seconds_left(extended.expires_at, backend.clock.now())
    return Refreshed(
        client=extended.client,
        version=__version__,
        expires=True if ttl else None,
        ttl=ttl,
    )
