"""Decide who may have a connection, and which channels it may join."""

from dataclasses import dataclass
from typing import NamedTuple

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidConnectionToken, InvalidToken, PermissionDenied, TokenExpired
from gatehouse.identity import Identity
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller that a connection token proves, whichever side issued it."""

    user_id: str
    """Empty: nobody in particular."""
    session_id: str = ""
    """Empty for a token of the app's own."""
    expires_at: int | None
    info: object = None
    channels: tuple[str, ...] = ()
    """Channels that the server puts the connection in, besides the personal one."""


class Authorization(NamedTuple):
    """Permission to be in a channel."""

    ends_at: int | None = None
    info: object = None


def identify(backend: Backend, token: str) -> Principal:
    """Returns the principal of a connection token: an access token, or one of the app's own.

    Raises:
        TokenExpired: it was good once; a new one will do.
        InvalidConnectionToken: it never can be good.
    """
    try:
        return _of_app(backend, token) or _of_session(backend.keys.verify_access(token))
    except TokenExpired:
        raise
    except InvalidToken:
        raise InvalidConnectionToken from None


def check_session(backend: Backend, principal: Principal) -> None:
    """Accepts a session that was not ended, of a user who was not disabled.

    An access token outlives both by minutes; a connection may not. A token of the app's own has no
    session here: the app ends it by not issuing another.

    Raises:
        InvalidConnectionToken: the session was ended or the user disabled.
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
    """Returns the permission to be in a channel, by its rule or by a subscription token.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the rule does not allow it, or the token is not for it, or none is taken.
        TokenExpired: the token was good once; a new one will do.
    """
    rule = backend.realtime.rules.of(channel)
    if rule.token:
        return _by_token(backend, connection, channel, token)
    if not rule.may_subscribe(channel, connection.user_id):
        raise PermissionDenied
    return Authorization()


def seconds_left(end: int | None, now: int) -> int | None:
    """Returns the ``ttl`` that a client gets for a token's end; None where it has none."""
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
