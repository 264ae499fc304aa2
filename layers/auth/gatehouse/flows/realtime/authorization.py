"""Decides who may open a connection, and which channels the connection may join."""

from dataclasses import dataclass
from typing import NamedTuple

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidConnectionToken, InvalidToken, PermissionDenied, TokenExpired
from gatehouse.identity import Identity
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller that a connection token proves, whether Gatehouse or the app issued the token."""

    user_id: str
    """Empty for an anonymous user."""
    session_id: str = ""
    """Empty if the app issued the token."""
    expires_at: int | None
    """Unix time at which the token expires; None if it does not."""
    info: object = None
    """What the token tells other clients about the user, any JSON."""
    channels: tuple[str, ...] = ()
    """Server-side channels that the token lists, besides the personal one."""


class Authorization(NamedTuple):
    """Permission to be in a channel."""

    ends_at: int | None = None
    """Unix time at which the permission ends; None if it does not."""
    info: object = None
    """What the subscription token tells other members about the user, any JSON."""


def identify(backend: Backend, token: str) -> Principal:
    """Returns the principal of a connection token: an access token, or a token issued by the app.

    Raises:
        TokenExpired: the token has expired. The client can fetch a new one.
        InvalidConnectionToken: the token can never be valid.
    """
    try:
        return _of_app(backend, token) or _of_session(backend.keys.verify_access(token))
    except TokenExpired:
        raise
    except InvalidToken:
        raise InvalidConnectionToken from None


def check_session(backend: Backend, principal: Principal) -> None:
    """Checks that the principal's session is live and its user active.

    An access token stays valid for minutes after either ends, but a connection must not. A token
    issued by the app has no session here: the app ends access by not issuing another token.

    Raises:
        InvalidConnectionToken: the session has ended, or the user is disabled or deleted.
    """
    if not principal.session_id:
        return
    accounts, now = backend.accounts, backend.clock.now()
    epoch = accounts.sessions.live_epoch(principal.user_id, principal.session_id, now)
    if epoch is None or not accounts.users.is_active(principal.user_id, epoch):
        raise InvalidConnectionToken


def authorize_subscription(
    backend: Backend, connection: Connection, channel: str, token: str
) -> Authorization:
    """Returns the permission to be in a channel, as its rule or a subscription token grants it.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the rule does not allow the user, or requires a subscription token and
            this one is not valid for the user and the channel.
        TokenExpired: the subscription token has expired. The client can fetch a new one.
    """
    rule = backend.realtime.rules.of(channel)
    if rule.token:
        return _by_token(backend, connection, channel, token)
    if not rule.may_subscribe(channel, connection.user_id):
        raise PermissionDenied
    return Authorization()


def seconds_left(end: int | None, now: int) -> int | None:
    """Returns the ``ttl`` sent to a client for the end of a token, or None if it has no end."""
    return None if end is None else max(1, end - now)


def _by_token(backend: Backend, connection: Connection, channel: str, token: str) -> Authorization:
    if not backend.keys.accepts_app_token(token):
        raise PermissionDenied
    try:
        claims = backend.keys.verify_subscription_token(token)
    except TokenExpired:
        raise
    except InvalidToken:
        raise PermissionDenied from None
    if (claims.user_id, claims.channel) != (connection.user_id, channel):
        raise PermissionDenied
    return Authorization(claims.expires_at, claims.info)


def _of_app(backend: Backend, token: str) -> Principal | None:
    if not backend.keys.accepts_app_token(token):
        return None
    claims = backend.keys.verify_app_token(token)
    return Principal(
        user_id=claims.user_id,
        expires_at=claims.expires_at,
        info=claims.info,
        channels=claims.channels,
    )


def _of_session(identity: Identity) -> Principal:
    return Principal(
        user_id=identity.user_id,
        session_id=identity.session_id,
        expires_at=identity.expires_at,
    )
