"""The ``sub_refresh`` command: extends a subscription with a new token."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.errors import NotAvailable, PermissionDenied
from gatehouse.flows.realtime.authorization import authorize_subscription, seconds_left
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True)
class RefreshSubscription:
    """The parameters of ``sub_refresh``."""

    channel: str
    token: str
    """A new subscription token of the same user and channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRefreshed:
    """SubRefreshResult of the Centrifuge client protocol."""

    expires: bool | None = None
    """True if the new token expires."""
    ttl: int | None = None
    """Seconds until the client must send another token."""


def refresh_subscription(
    backend: Backend, connection: Connection, request: RefreshSubscription
) -> SubscriptionRefreshed:
    """Extends a subscription until a new subscription token expires.

    Raises:
        UnknownChannel: no rule covers the channel.
        NotAvailable: the channel rule requires no subscription token.
        PermissionDenied: the token is not valid for the user and the channel, or the connection is
            not in the channel.
        TokenExpired: the new token has expired too. The client can fetch another.
    """
    rule = backend.realtime.rules.of(request.channel)
    if not rule.token:
        raise NotAvailable
    authorization = authorize_subscription(backend, connection, request.channel, request.token)
    shard = rule.shard_of(connection.id)
    if not backend.realtime.members.extend_subscription(
        request.channel, shard, connection.id, authorization.ends_at
    ):
        raise PermissionDenied
    ttl = seconds_left(authorization.ends_at, backend.clock.now())
    return SubscriptionRefreshed(expires=True if ttl else None, ttl=ttl)
