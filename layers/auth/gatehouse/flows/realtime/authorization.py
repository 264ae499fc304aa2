"""What the flows of the socket have in common: who may have a connection, and join a channel."""

from dataclasses import dataclass

from gatehouse.backend import Backend
from gatehouse.errors import InvalidConnectionToken, InvalidToken, PermissionDenied, TokenExpired
from gatehouse.identity import Identity
from gatehouse.stores.connections import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Whom a connection token proves, whoever issued it."""

    user_id: str
    """Empty: nobody in particular."""
    session_id: str = ""
    """Empty for a token of the app's own."""
    expires_at: int | None
    info: object = None
    channels: tuple[str, ...] = ()
    """Channels that the server puts the connection in, besides the personal one."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to be in a channel."""

    ends_at: int | None = None
    info: object = None


def identify(backend: Backend, token: str) -> Guest:
    """Who a connection token is for: an access token, or a token of the app's own.

    Raises:
        TokenExpired: it was good once; a new one will do.
        InvalidConnectionToken: it never can be good.
    """
    try:
        return _of_app(backend, token) or _of_session(backend.verify_access(token))
    except TokenExpired:
        raise
    except InvalidToken:
        raise InvalidConnectionToken from None


def check_session(backend: Backend, guest: Guest) -> None:
    """Lets a session pass that was not ended, of a user who was not disabled.

    An access token outlives both by minutes; a connection may not. A token of the app's own has no
    session here: the app ends it by not issuing another.

    Raises:
        InvalidConnectionToken: one of them was.
    """
    if not guest.session_id:
        return
    now = backend.clock.now()
    epoch = backend.sessions.live_epoch(guest.user_id, guest.session_id, now)
    if epoch is None or not backend.users.is_active(guest.user_id, epoch):
        raise InvalidConnectionToken


def admit_to_channel(backend: Backend, connection: Connection, channel: str, token: str) -> Grant:
    """Whether the connection may be in a channel, by its rule or by a subscription token.

    Raises:
        UnknownChannel: no rule covers the channel.
        PermissionDenied: the rule does not allow it, or the token is not for it, or none is taken.
        TokenExpired: the token was good once; a new one will do.
    """
    rule = backend.rules.of(channel)
    if rule.token:
        return _by_token(backend, connection, channel, token)
    if not rule.may_subscribe(channel, connection.user_id):
        raise PermissionDenied
    return Grant()


def seconds_left(end: int | None, now: int) -> int | None:
    """The ``ttl`` that a client is told of a token's end; None where it has none."""
    return None if end is None else max(1, end - now)


def _by_token(backend: Backend, connection: Connection, channel: str, token: str) -> Grant:
    if not backend.takes_app_token(token):
        raise PermissionDenied
    try:
        claims = backend.verify_subscription_token(token)
    except TokenExpired:
        raise
    except InvalidToken:
        raise PermissionDenied from None
    if (claims.user_id, claims.channel) != (connection.user_id, channel):
        raise PermissionDenied
    return Grant(claims.expires_at, claims.info)


def _of_app(backend: Backend, token: str) -> Guest | None:
    if not backend.takes_app_token(token):
        return None
    claims = backend.verify_app_token(token)
    return Guest(
        user_id=claims.user_id,
        expires_at=claims.expires_at,
        info=claims.info,
        channels=claims.channels,
    )


def _of_session(identity: Identity) -> Guest:
    return Guest(
        user_id=identity.user_id,
        session_id=identity.session_id,
        expires_at=identity.expires_at,
    )
