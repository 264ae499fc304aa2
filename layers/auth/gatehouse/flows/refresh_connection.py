"""Refresh: give a connection the life of a new access token."""

from dataclasses import dataclass

from gatehouse import __version__
from gatehouse.backend import Backend
from gatehouse.errors import ConnectionExpired, InvalidConnectionToken, TokenExpired
from gatehouse.flows.admission import check_session, identify
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
    expires: bool
    ttl: int


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
        identity = identify(backend, request.token)
    except TokenExpired:
        raise ConnectionExpired from None
    if (identity.user_id, identity.session_id) != (connection.user_id, connection.session_id):
        raise InvalidConnectionToken
    check_session(backend, identity)
    extended = backend.connections.extend(connection, identity.expires_at)
    for channel in extended.channels:
        backend.members.extend(channel, extended.id, extended.expires_at)
    return Refreshed(
        client=extended.client,
        version=__version__,
        expires=True,
        ttl=extended.expires_at - backend.clock.now(),
    )
