"""Disable an account, for an operator."""

import logging

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.errors import NotFound, Unavailable
from gatehouse.flows.lifecycle.end_access import end_access
from gatehouse.identity import is_id
from gatehouse.stores.events import new_operator_event
from gatehouse.stores.users import User

ATTEMPTS = 5
"""Attempts at an account that changes at the same time."""

log = logging.getLogger(__name__)


def disable_account(backend: Backend, user_id: str, *, actor: str, reason: str = "") -> bool:
    """Disables the account at once, then ends its sessions and closes its sockets.

    One transaction disables the account, invalidates everything issued before, and records the
    event and the email. From then on nobody signs in, refreshes a session or connects a socket. If
    it is interrupted after that, a repeat ends the sessions and sockets that are left.

    Args:
        actor: the operator, for the event. The user does not see it.
        reason: why, for the event. The user can read it there.

    Returns:
        Whether this call disabled the account. False if it is disabled or being deleted already.

    Raises:
        NotFound: there is no such account.
        Unavailable: the account is as before, or some of its sessions or sockets are left.
    """
    changed = _disable(backend, user_id, actor, reason)
    end_access(backend, user_id)
    if changed:
        log.info("an account was disabled", extra={"user_id": user_id, "actor": actor})
    return changed


def _disable(backend: Backend, user_id: str, actor: str, reason: str) -> bool:
    for _ in range(ATTEMPTS):
        user = account(backend, user_id)
        if user.disabled:
            return False
        event = new_operator_event(
            user.id,
            "operator:account:disable",
            now=backend.clock.now(),
            actor=actor,
            reason=reason,
        )
        notice = messages.account_disabled(user.id, user.token_epoch + 1, to=user.email)
        try:
            backend.accounts.transact(
                backend.accounts.users.disabling(user),
                backend.accounts.events.recording(event),
                backend.accounts.outbox.adding(notice),
            )
        except TransactionRefused:
            # The account changed after it was read, for example its password.
            continue
        backend.accounts.outbox.hand_over(notice)
        return True
    raise Unavailable("the account changed each time")


def account(backend: Backend, user_id: str) -> User:
    """Returns the account that an operator named. Raises: ``NotFound``"""
    user = backend.accounts.users.by_id(user_id) if is_id(user_id) else None
    if user is None:
        raise NotFound("there is no such account")
    return user
