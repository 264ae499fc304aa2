"""The ``connect`` command: authenticates an open socket."""

from dataclasses import dataclass
from uuid import uuid4

from gatehouse import __version__
from gatehouse.backend.root import Backend
from gatehouse.errors import BadFrame, ConnectionLimit, Refusal
from gatehouse.flows.realtime.authorization import Principal, check_session, identify, seconds_left
from gatehouse.flows.realtime.join import (
    MOST_BYTES,
    Join,
    Since,
    Subscribed,
    join,
    read_since,
    settle,
)
from gatehouse.stores.connections import LIFE, Connection, Opening

PING = 540
"""Seconds within which the client is to expect a ping. One is sent every 480."""

MAX_CONNECTIONS = 100
"""Open connections that one user may have."""


@dataclass(frozen=True, slots=True)
class Connect:
    """The parameters of ``connect`` that the server reads."""

    token: str = ""
    """A connection token: an access token, or a token issued by the app."""
    subs: object = None
    """Positions in server-side channels, by channel name. Later publications are recovered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """ConnectResult of the Centrifuge client protocol. Fields that are None are omitted."""

    client: str
    """The ID of the connection, as other clients see it."""
    version: str
    """The version of Gatehouse."""
    ping: int
    """Seconds within which the client is to expect a ping."""
    pong: bool
    """Whether the client is to answer pings. False: each answer would be billed as a frame."""
    expires: bool | None
    """True if the token expires."""
    ttl: int | None
    """Seconds until the client must send a new token."""
    subs: dict[str, Subscribed]
    """The server-side channels that the connection is in, by name."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The outcome of ``connect``: the reply, the connection, and the joins to settle afterwards."""

    reply: Connected
    connection: Connection
    joins: tuple[Join, ...]


def connect(backend: Backend, opening: Opening, request: Connect) -> Welcome:
    """Authenticates the connection and subscribes it to its server-side channels.

    These are the user's personal channel and the channels that the token lists.

    Raises:
        TokenExpired: the token has expired. The client fetches a new one and connects again.
        InvalidConnectionToken: the token is not valid, or its session has ended.
        ConnectionLimit: the user has too many connections.
        BadFrame: there is no token, a position is not valid, or the connection is already open.
    """
    if not request.token:
        raise BadFrame("connect requires a token")
    positions = _positions(request.subs)
    principal = identify(backend, request.token)
    channels = _channels(backend, principal)
    connection = _new_connection(backend, opening, principal, channels)
    _open(backend, connection, principal)
    share = MOST_BYTES // max(1, len(channels))
    joined = {
        channel: join(backend, connection, channel, since=positions.get(channel), most_bytes=share)
        for channel in channels
    }
    reply = _connected(connection, backend.clock.now(), {c: j.reply for c, j in joined.items()})
    return Welcome(reply, connection, tuple(each for j in joined.values() for each in j.joins))


def settle_connection(backend: Backend, welcome: Welcome) -> None:
    """Activates the server-side subscriptions once the client has the reply to ``connect``."""
    settle(backend, welcome.joins)


def _open(backend: Backend, connection: Connection, principal: Principal) -> None:
    """Opens the connection, locked by the frame that opens it, and checks the session.

    It is indexed before the session is checked, so that a sign-out in the meantime finds it. It is
    opened before it is indexed, so that maintenance finds it if the frame dies.
    """
    connections = backend.realtime.connections
    if not connections.open(connection):
        raise BadFrame("the connection is already open")
    try:
        connections.index(connection)
        check_session(backend, principal)
        if principal.user_id and connections.count(principal.user_id) > MAX_CONNECTIONS:
            raise ConnectionLimit
    except Refusal:
        connections.remove(connection)
        raise


def _channels(backend: Backend, principal: Principal) -> tuple[str, ...]:
    """Returns the server-side channels, each once: the user's personal one, then the token's."""
    own = (backend.realtime.rules.personal(principal.user_id),) if principal.user_id else ()
    return tuple(filter(backend.realtime.rules.know, dict.fromkeys((*own, *principal.channels))))


def _new_connection(
    backend: Backend, opening: Opening, principal: Principal, channels: tuple[str, ...]
) -> Connection:
    now = backend.clock.now()
    return Connection(
        id=opening.connection_id,
        client=str(uuid4()),
        user_id=principal.user_id,
        session_id=principal.session_id,
        expires_at=principal.expires_at,
        info=principal.info,
        ttl=now + LIFE,
        channels=opening.channels | frozenset(channels),
        done_id=opening.first_id - 1,
        locked_by=opening.fencing_token,
        locked_at=now,
    )


def _connected(connection: Connection, now: int, subs: dict[str, Subscribed]) -> Connected:
    ttl = seconds_left(connection.expires_at, now)
    return Connected(
        client=connection.client,
        version=__version__,
        ping=PING,
        pong=False,
        expires=True if ttl else None,
        ttl=ttl,
        subs=subs,
    )


def _positions(subs: object) -> dict[str, Since]:
    """Returns the positions in server-side channels from which the client wants to recover.

    Raises:
        BadFrame: a position is not what the protocol defines.
    """
    positions: dict[str, Since] = {}
    for channel, fields in (subs if isinstance(subs, dict) else {}).items():
        if not isinstance(fields, dict):
            raise BadFrame("the position is not valid")
        position = read_since(
            fields.get("recover", False), fields.get("offset", 0), fields.get("epoch", "")
        )
        if position:
            positions[channel] = position
    return positions
