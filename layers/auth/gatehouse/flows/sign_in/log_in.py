"""Sign in with e-mail address and password."""

import logging
from typing import Literal

from gatehouse import limits
from gatehouse.aws import ConditionFailed
from gatehouse.backend.root import Backend
from gatehouse.errors import AccountDisabled, InvalidCredentials
from gatehouse.flows.accounts.check_password import is_password_of
from gatehouse.flows.accounts.inputs import Email, GivenPassword, Input
from gatehouse.flows.sign_in.start_session import Tokens, start_session
from gatehouse.identity import Device
from gatehouse.passwords import hash_password, is_behind
from gatehouse.stores.users import User

log = logging.getLogger(__name__)


class LogIn(Input):
    """Who somebody says they are."""

    email: Email
    password: GivenPassword
    refresh: Literal["body", "cookie"] = "body"
    """Where the refresh token goes: pages ask for a cookie that no script can read."""


def log_in(backend: Backend, request: LogIn, device: Device) -> Tokens:
    """Starts a session for whoever knows the password.

    Known and unknown addresses cost the same reads and the same one hash, and get the same answer.
    That an account is disabled is told only after the right password.

    Raises:
        InvalidCredentials: the address is unknown or the password wrong.
        AccountDisabled: both are right.
    """
    user = backend.accounts.users.by_email(request.email)
    right = is_password_of(backend, user, request.password)
    if user is None or not right:
        raise InvalidCredentials
    if user.disabled:
        raise AccountDisabled
    user = _renew_hash(backend, user, request.password)
    limits.trust(backend, device, request.email.canonical)
    return start_session(backend, user, device)


def _renew_hash(backend: Backend, user: User, password: str) -> User:
    """Renews a hash with an old scheme, pepper or cost, now that the password is known."""
    cost = backend.settings.password_hash_cost
    if not is_behind(user.password_hash, backend.keys.peppers, cost=cost):
        return user
    try:
        renewed = hash_password(password, backend.keys.peppers, cost=cost)
        return backend.accounts.users.set_password_hash(user, renewed)
    except ConditionFailed:
        log.info("the password changed while its hash was renewed", extra={"user_id": user.id})
        return user
