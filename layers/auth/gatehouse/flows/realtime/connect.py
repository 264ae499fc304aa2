"""Connect: prove on an open socket who one is."""

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
"""Seconds within which the client hears of us: a ping comes every 480."""

MAX_CONNECTIONS = 100
"""Connections of one user at a time."""


@dataclass(frozen=True, slots=True)
class Connect:
    """The parameters of ``connect`` that are looked at."""

    token: str = ""
    subs: object = None
    """Positions in channels of the server's choice, by their names: what came since is brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """ConnectResult of the Centrifuge client protocol. What is None is left out."""

    client: str
    version: str
    ping: int
    pong: bool
    """Whether pings are answered: each answer would be a frame to pay for."""
    expires: bool | None
    ttl: int | None
    """Seconds until the client brings a new token."""
    subs: dict[str, Subscribed]
    """The channels that the server put the connection in."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The reply to a ``connect``, the connection, and what is to be settled afterwards."""

    reply: Connected
    connection: Connection
    joins: tuple[Join, ...]


def connect(backend: Backend, opening: Opening, request: Connect) -> Welcome:
    """Opens a connection for the user of a token, in the channels of the server's choice.

    Raises:
        TokenExpired: the client fetches a new one and connects again.
        InvalidConnectionToken: the token or its session is not good.
        ConnectionLimit: the user has too many connections.
        BadFrame: there is no token, or the connection is open already.
    """
    if not request.token:
        raise BadFrame("connect needs a token")
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
    """Lets the connection get what is live in the channels of the server's choice."""
    settle(backend, welcome.joins)


def _open(backend: Backend, connection: Connection, principal: Principal) -> None:
    """Opens the connection, locked by its own frame until all is checked.

    It is known before the session is looked at: whoever ends that meanwhile finds it. And it is
    opened before it is indexed: what dies in between or later is found by maintenance.
    """
    connections = backend.realtime.connections
    if not connections.open(connection):
        raise BadFrame("the connection is open already")
    try:
        connections.index(connection)
        check_session(backend, principal)
        if principal.user_id and connections.count(principal.user_id) > MAX_CONNECTIONS:
            raise ConnectionLimit
    except Refusal:
        connections.remove(connection)
        raise


def _channels(backend: Backend, principal: Principal) -> tuple[str, ...]:
    """The channels of the server's choice, each once: the user's own, and those of the token."""
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
    """What the client tells of channels of the server's choice.

    Raises:
        BadFrame: it is not what the protocol has.
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
