"""Refresh: give a connection the life of a new token."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """RefreshResult of the Centrifuge client protocol."""

    client: str
    version: str
    expires: bool | None = None
    ttl: int | None = None


def refresh_connection(
    backend: Backend, connection: Connection, request: RefreshConnection
) -> Refreshed:
    """Lets the connection live until the new token ends.

    Raises:
        ConnectionExpired: the new token has ended too. An error reply would end the client for
            good; this makes it connect again, be told ``TokenExpired``, and fetch a token.
        InvalidConnectionToken: it is not good, or of another user or session.
        ConnectionGone: the connection was closed meanwhile.
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
