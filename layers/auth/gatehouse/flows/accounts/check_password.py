"""Compare a password with the one of an account."""

import logging

from gatehouse.backend.root import Backend
from gatehouse.passwords import UnreadableHash, verify_password
from gatehouse.stores.users import User

log = logging.getLogger(__name__)


def is_password_of(backend: Backend, user: User | None, password: str) -> bool:
    """Whether it is the password of a user, at the price of one hash also for nobody.

    A hash that cannot be read, as a failed import leaves them, fits nothing, like that of somebody
    without a password. Whoever runs the service is told; the one who signs in can ask for another
    password.
    """
    stored = user.password_hash if user else None
    cost = backend.settings.password_hash_cost
    try:
        return verify_password(password, stored, backend.keys.peppers, cost=cost)
    except UnreadableHash:
        log.error("the password hash of a user cannot be read", extra={"user_id": user and user.id})
        return False
