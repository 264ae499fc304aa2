"""Check what an access token alone cannot prove: that its session and its account are active."""

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidToken
from gatehouse.identity import Identity
from gatehouse.stores.users import User


def active_user(backend: Backend, caller: Identity) -> User:
    """Returns the caller's account, if both the account and the session are still active.

    Raises:
        InvalidToken: one of them ended after the token was issued.
    """
    epoch = backend.accounts.sessions.live_epoch(
        caller.user_id, caller.session_id, backend.clock.now()
    )
    user = backend.accounts.users.by_id(caller.user_id)
    if epoch is None or user is None or user.disabled or user.token_epoch != epoch:
        raise InvalidToken
    return user
