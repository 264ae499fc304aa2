"""Sign in with email address and password."""

import logging
from typing import Literal

from gatehouse import limits
from gatehouse.aws import ConditionFailed
from gatehouse.backend.root import Backend
from gatehouse.errors import AccountDisabled, InvalidCredentials
from gatehouse.flows.accounts.check_password import is_password_of
from gatehouse.flows.accounts.inputs import GivenPassword, Input, KnownEmail
from gatehouse.flows.accounts.note_wrong_password import SIGN_IN, note_wrong_password
from gatehouse.flows.sign_in.start_session import Tokens, start_session
from gatehouse.identity import Device
from gatehouse.passwords import hash_password, is_behind
from gatehouse.stores.users import User

log = logging.getLogger(__name__)


class LogIn(Input):
    """The credentials of a user, and where to return the refresh token."""

    email: KnownEmail
    password: GivenPassword
    refresh: Literal["body", "cookie"] = "body"
    """Where to return the refresh token. Pages ask for a cookie, which no script can read."""


def log_in(backend: Backend, request: LogIn, device: Device) -> Tokens:
    """Starts a session for a user who knows the password, and returns its tokens.

    Known and unknown addresses cost the same reads, writes and the same single hash, and get the
    same answer. Only a client with the right password learns that an account is disabled.

    Raises:
        InvalidCredentials: the address is unknown or the password is wrong, or the account changed
            meanwhile.
        AccountDisabled: the address and the password are right, but the account is disabled.
    """
    user = backend.accounts.users.by_email(request.email)
    right = is_password_of(backend, user, request.password)
    if user is None or not right:
        note_wrong_password(backend, user, SIGN_IN, device)
        raise InvalidCredentials
    if user.disabled:
        raise AccountDisabled
    user = _renew_hash(backend, user, request.password)
    limits.trust(backend, user, device)
    return start_session(backend, user, device)


def _renew_hash(backend: Backend, user: User, password: str) -> User:
    """Renews a hash that has an old scheme, pepper or cost, now that the password is known.

    Returns the user, with the new hash if it was stored.
    """
    cost = backend.settings.password_hash_cost
    if not is_behind(user.password_hash, backend.keys.peppers, cost=cost):
        return user
    try:
        renewed = hash_password(password, backend.keys.peppers, cost=cost)
        return backend.accounts.users.set_password_hash(user, renewed)
    except ConditionFailed:
        log.info("the password changed before its hash was renewed", extra={"user_id": user.id})
        return user
