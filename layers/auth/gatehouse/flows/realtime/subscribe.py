"""The ``subscribe`` command: subscribes the connection to a channel."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.errors import LimitExceeded, NotAvailable, Refusal
from gatehouse.flows.realtime.authorization import authorize_subscription
from gatehouse.flows.realtime.join import Joined, join, read_since
from gatehouse.flows.realtime.unsubscribe import Unsubscribe, unsubscribe
from gatehouse.stores.connections import Connection

MAX_CHANNELS = 100
"""Channels that a connection may be in besides the personal one. Channels that its token lists
count."""

REJECT_UNRECOVERED = 2
"""The bit of ``flag`` with which a client asks for an error instead of a gap."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The parameters of ``subscribe`` that the server reads."""

    channel: str
    token: str = ""
    """A subscription token, if the channel rule requires one."""
    recover: bool = False
    """Whether to recover the publications after ``offset``."""
    offset: int = 0
    """The last offset that the client has."""
    epoch: str = ""
    """The epoch of ``offset``; empty to match any epoch."""
    flag: int = 0
    """Bits. 2 asks for an error instead of a gap if recovery fails; others are ignored."""
    type: int = 0
    """The kind of subscription. Only streams (0) are offered."""
    tf: object = None
    """A filter of publications, which is not offered."""


def subscribe(backend: Backend, connection: Connection, request: Subscribe) -> Joined:
    """Subscribes to a channel and, on request, recovers the publications missed since a position.

    Subscribing again is no error: the client joins anew and gets a new reply. After a refusal the
    connection is not in the channel.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the channel rule does not allow the user, or requires a subscription token
            and this one is not valid for the user and the channel.
        TokenExpired: the subscription token has expired. The client can fetch a new one.
        NotAvailable: the client asks for a kind of subscription that is not offered.
        LimitExceeded: the connection is in too many channels.
        UnrecoverablePosition: not all publications can be recovered, and the client asked for an
            error in this case.
        BadFrame: the position is not valid.
        ServerError: a delivery to the former subscription did not finish in time.
        ConnectionGone: the connection was closed meanwhile, or the frame lost the lock.
    """
    try:
        return _join(backend, connection, request)
    except Refusal:
        # To the client the subscription has ended, even if it was subscribed before.
        unsubscribe(backend, connection, Unsubscribe(request.channel))
        raise


def _join(backend: Backend, connection: Connection, request: Subscribe) -> Joined:
    authorization = authorize_subscription(backend, connection, request.channel, request.token)
    if request.type or request.tf is not None:
        raise NotAvailable
    # One more than the limit, for the personal channel, which the client does not choose.
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
