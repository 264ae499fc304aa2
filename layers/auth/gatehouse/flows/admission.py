"""What the flows of the socket have in common: who may have a connection."""

from gatehouse.backend import Backend
from gatehouse.errors import InvalidConnectionToken, InvalidToken, TokenExpired
from gatehouse.identity import Identity


def identify(backend: Backend, token: str) -> Identity:
    """Who an access token is for.

    Raises:
        TokenExpired: it was good once; a new one will do.
        InvalidConnectionToken: it never can be good.
    """
    try:
        return backend.verify_access(token)
    except TokenExpired:
        raise
    except InvalidToken:
        raise InvalidConnectionToken from None


def check_session(backend: Backend, identity: Identity) -> None:
    """Lets a session pass that was not ended, of a user who was not disabled.

    An access token outlives both by minutes; a connection may not.

    Raises:
        InvalidConnectionToken: one of them was.
    """
    now = backend.clock.now()
    epoch = backend.sessions.live_epoch(identity.user_id, identity.session_id, now)
    if epoch is None or not backend.users.is_active(identity.user_id, epoch):
        raise InvalidConnectionToken
