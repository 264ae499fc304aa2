"""Enable a disabled account again, for an operator."""

import logging

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.errors import NotFound, Unavailable
from gatehouse.flows.lifecycle.disable_account import ATTEMPTS, account
from gatehouse.flows.lifecycle.end_access import end_access
from gatehouse.stores.events import new_operator_event
from gatehouse.stores.users import User

_REMOVAL = 0
"""The place of the check for a removal in the transaction."""

log = logging.getLogger(__name__)


def enable_account(backend: Backend, user_id: str, *, actor: str, reason: str = "") -> bool:
    """Enables a disabled account. Its user can sign in again, but no earlier session lives on.

    What an interrupted ``disable_account`` left is ended first, while nobody can sign in. One
    transaction then enables the account in a new token epoch, with its event and its email. An
    account that its owner deletes is disabled too, and the order to remove it exists until it is
    gone: the transaction requires that there is none.

    Args:
        actor: the operator, for the event. The user does not see it.
        reason: why, for the event. The user can read it there.

    Returns:
        Whether this call enabled the account. False if it was not disabled.

    Raises:
        NotFound: there is no such account, or it is being deleted.
        Unavailable: the account is still disabled.
    """
    for _ in range(ATTEMPTS):
        user = account(backend, user_id)
        if not user.disabled:
            return False
        end_access(backend, user_id)
        if _enable(backend, user, actor, reason):
            log.info("an account was enabled", extra={"user_id": user_id, "actor": actor})
            return True
    raise Unavailable("the account changed each time")


def _enable(backend: Backend, user: User, actor: str, reason: str) -> bool:
    """Enables the account. Returns False if it changed after it was read. Raises: ``NotFound``"""
    event = new_operator_event(
        user.id, "operator:account:enable", now=backend.clock.now(), actor=actor, reason=reason
    )
    notice = messages.account_enabled(user.id, user.token_epoch + 1, to=user.email)
    try:
        backend.accounts.transact(
            backend.accounts.removals.checking_none(user.id),
            backend.accounts.users.enabling(user),
            backend.accounts.events.recording(event),
            backend.accounts.outbox.adding(notice),
        )
    except TransactionRefused as refused:
        if _REMOVAL in refused.failed:
            raise NotFound("the account is being deleted") from None
        return False
    backend.accounts.outbox.hand_over(notice)
    return True
