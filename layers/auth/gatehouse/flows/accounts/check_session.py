"""Look behind an access token: is its session still on?"""

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidToken
from gatehouse.identity import Identity
from gatehouse.stores.users import User


def active_user(backend: Backend, caller: Identity) -> User:
    """The caller's account, if neither it nor the session ended since the token was issued.

    Raises:
        InvalidToken: one of them did.
    """
    epoch = backend.accounts.sessions.live_epoch(
        caller.user_id, caller.session_id, backend.clock.now()
    )
    user = backend.accounts.users.by_id(caller.user_id)
    if epoch is None or user is None or user.disabled or user.token_epoch != epoch:
        raise InvalidToken
    return user
