"""Compare a password with the stored hash of an account."""

import logging

from gatehouse.backend.root import Backend
from gatehouse.passwords import UnreadableHash, verify_password
from gatehouse.stores.users import User

log = logging.getLogger(__name__)


def is_password_of(backend: Backend, user: User | None, password: str) -> bool:
    """Whether the password is the user's.

    Computes one hash even when there is no user, so that both cases take the same time.

    A hash that cannot be read, for example after a failed import, matches no password, like the
    hash of a user without a password. It is logged for the operator, and the user can reset the
    password.
    """
    stored = user.password_hash if user else None
    cost = backend.settings.password_hash_cost
    try:
        return verify_password(password, stored, backend.keys.peppers, cost=cost)
    except UnreadableHash:
        log.error("a user's password hash cannot be read", extra={"user_id": user and user.id})
        return False
