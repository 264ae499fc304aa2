"""Subscribe to a channel."""

from dataclasses import dataclass

from gatehouse.aws import ConnectionGone
from gatehouse.backend import Backend
from gatehouse.errors import NotAvailable, PermissionDenied
from gatehouse.realtime import channels
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The parameters of ``subscribe`` that are looked at; history and recovery are not offered."""

    channel: str
    type: int = 0
    """Kind of the subscription; only streams (0) are offered."""
    tf: object = None
    """A filter of publications, which is not offered."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """SubscribeResult of the Centrifuge client protocol, for a channel without history."""


def subscribe(backend: Backend, connection: Connection, request: Subscribe) -> Subscribed:
    """Puts the connection into a channel. Being in it already is no error.

    Raises:
        UnknownChannel, PermissionDenied: the rules of channels say so.
        NotAvailable: it asks for a kind of subscription that is not offered.
        LimitExceeded: the connection is in too many channels.
        ConnectionGone: it was closed meanwhile.
    """
    rule = channels.rule_for(request.channel)
    if not rule.may_subscribe(request.channel, connection.user_id):
        raise PermissionDenied
    if request.type or request.tf is not None:
        raise NotAvailable
    # The personal channel is not the client's choice, so it does not count.
    limit = channels.MAX_CHANNELS + 1
    joined = backend.connections.join(connection.id, request.channel, limit=limit)
    backend.members.add(request.channel, joined)
    _settle(backend, joined, request.channel)
    return Subscribed()


def _settle(backend: Backend, joined: Connection, channel: str) -> None:
    """Looks again at the connection, as whoever changed it meanwhile could not see the member."""
    now = backend.connections.get(joined.id)
    if now is None or now.dead:
        backend.members.remove(channel, joined.id)
        raise ConnectionGone
    if now.expires_at != joined.expires_at:
        backend.members.extend(channel, joined.id, now.expires_at)
