"""Refresh a subscription: give it the life of a new subscription token."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRefreshed:
    """SubRefreshResult of the Centrifuge client protocol."""

    expires: bool | None = None
    ttl: int | None = None


def refresh_subscription(
    backend: Backend, connection: Connection, request: RefreshSubscription
) -> SubscriptionRefreshed:
    """Lets the subscription live until the new token ends.

    Raises:
        UnknownChannel, PermissionDenied, TokenExpired: the rules of channels say so.
        NotAvailable: subscriptions of this channel do not expire.
        PermissionDenied: also where the connection is not in the channel.
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
