"""Connect: prove on an open socket who one is."""

from dataclasses import dataclass
from uuid import uuid4

from gatehouse import __version__
from gatehouse.backend import Backend
from gatehouse.errors import BadFrame, Disconnected
from gatehouse.flows.admission import check_session, identify
from gatehouse.flows.subscribe import Subscribed
from gatehouse.identity import Identity
from gatehouse.realtime import channels
from gatehouse.stores.connections import LIFE, Connection

PING = 540
"""Seconds within which the client hears of us: a ping comes every 480."""


@dataclass(frozen=True, slots=True)
class Connect:
    """The parameters of ``connect`` that are looked at."""

    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """ConnectResult of the Centrifuge client protocol."""

    client: str
    version: str
    ping: int
    pong: bool
    """Whether pings are answered: each answer would be a frame to pay for."""
    expires: bool
    ttl: int
    """Seconds until the client brings a new token."""
    subs: dict[str, Subscribed]
    """The channels that the server put the connection in."""


def connect(backend: Backend, connection_id: str, request: Connect) -> Connected:
    """Opens a connection for the user of an access token, in their personal channel.

    Raises:
        TokenExpired: the client fetches a new one and connects again.
        InvalidConnectionToken: the token or its session is not good.
        BadFrame: there is no token, or the connection is open already.
    """
    if not request.token:
        raise BadFrame("connect needs an access token")
    identity = identify(backend, request.token)
    connection = _new_connection(backend, connection_id, identity)
    # Known before the session is looked at: whoever ends it meanwhile finds the connection.
    backend.connections.announce(connection)
    try:
        check_session(backend, identity)
    except Disconnected:
        backend.connections.retract(connection)
        raise
    if not backend.connections.open(connection):
        raise BadFrame("the connection is open already")
    for channel in connection.channels:
        backend.members.add(channel, connection)
    return _connected(connection, backend.clock.now())


def _new_connection(backend: Backend, connection_id: str, identity: Identity) -> Connection:
    return Connection(
        id=connection_id,
        client=str(uuid4()),
        user_id=identity.user_id,
        session_id=identity.session_id,
        expires_at=identity.expires_at,
        ttl=backend.clock.now() + LIFE,
        channels=frozenset({channels.personal(identity.user_id)}),
    )


def _connected(connection: Connection, now: int) -> Connected:
    return Connected(
        client=connection.client,
        version=__version__,
        ping=PING,
        pong=False,
        expires=True,
        ttl=connection.expires_at - now,
        subs={channel: Subscribed() for channel in connection.channels},
    )
