"""Delete the caller's account."""

import logging

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.errors import InvalidPassword
from gatehouse.flows.accounts.confirm_password import confirm_password
from gatehouse.flows.accounts.inputs import GivenPassword, Input
from gatehouse.flows.lifecycle.finish_removals import finish_removal
from gatehouse.identity import Device, Identity

log = logging.getLogger(__name__)


class DeleteAccount(Input):
    """The current password."""

    password: GivenPassword


def delete_account(
    backend: Backend, caller: Identity, request: DeleteAccount, device: Device
) -> None:
    """Closes the account at once, then removes its data. Its address is free afterwards.

    One transaction closes the account and records its removal. From then on nobody can sign in, and
    maintenance finishes the removal if it is interrupted or has too much to remove.
    ``stored_data`` lists what is removed, and what stays for how long.

    Raises:
        InvalidToken, InvalidPassword, TooManyRequests: the caller did not prove ownership.
    """
    user = confirm_password(backend, caller, request.password, device)
    farewell = messages.account_deleted(user.id, to=user.email)
    try:
        backend.accounts.transact(
            backend.accounts.users.closing(user),
            backend.accounts.removals.beginning(user.id, backend.clock.now()),
            backend.accounts.outbox.adding(farewell),
        )
    except TransactionRefused:
        # The password changed or the account was deleted meanwhile: the password proves nothing.
        raise InvalidPassword from None
    backend.accounts.outbox.hand_over(farewell)
    finish_removal(backend, user.id)
    log.info("an account was deleted", extra={"user_id": user.id})
