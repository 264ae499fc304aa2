"""Subscribe to a channel."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.errors import LimitExceeded, NotAvailable, Refusal
from gatehouse.flows.realtime.authorization import authorize_subscription
from gatehouse.flows.realtime.join import Joined, join, read_since
from gatehouse.flows.realtime.unsubscribe import Unsubscribe, unsubscribe
from gatehouse.stores.connections import Connection

MAX_CHANNELS = 100
"""Channels that a client may be in by its own choice."""

REJECT_UNRECOVERED = 2
"""The bit of ``flag`` by which a client rather wants an error than a gap."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The parameters of ``subscribe`` that are looked at."""

    channel: str
    token: str = ""
    """A subscription token, where the channel wants one."""
    recover: bool = False
    offset: int = 0
    epoch: str = ""
    flag: int = 0
    type: int = 0
    """Kind of the subscription; only streams (0) are offered."""
    tf: object = None
    """A filter of publications, which is not offered."""


def subscribe(backend: Backend, connection: Connection, request: Subscribe) -> Joined:
    """Puts the connection into a channel. Being in it already is no error: the answer is fresh.

    Raises:
        UnknownChannel, PermissionDenied, TokenExpired: the rules of channels say so.
        NotAvailable: it asks for a kind of subscription that is not offered.
        LimitExceeded: the connection is in too many channels.
        UnrecoverablePosition: the client would rather not subscribe than miss something.
        ConnectionGone: it was closed meanwhile.
    """
    try:
        return _join(backend, connection, request)
    except Refusal:
        # For the client the subscription is over, also if it was one before.
        unsubscribe(backend, connection, Unsubscribe(request.channel))
        raise


def _join(backend: Backend, connection: Connection, request: Subscribe) -> Joined:
    authorization = authorize_subscription(backend, connection, request.channel, request.token)
    if request.type or request.tf is not None:
        raise NotAvailable
    # The personal channel is not the client's choice, so it does not count.
    is_new = request.channel not in connection.channels
    if is_new and len(connection.channels) > MAX_CHANNELS:
        raise LimitExceeded
    return join(
        backend,
        connection,
        request.channel,
        since=read_since(request.recover, request.offset, request.epoch),
        or_refuse=bool(request.flag & REJECT_UNRECOVERED),
        subscription_end=authorization.ends_at,
        chan_info=authorization.info,
    )
