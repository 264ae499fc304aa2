"""Change the caller's password."""

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidInput, InvalidPassword, Problem
from gatehouse.flows.accounts.choose_password import hash_chosen
from gatehouse.flows.accounts.confirm_password import confirm_password
from gatehouse.flows.accounts.inputs import GivenPassword, Input, NewPassword
from gatehouse.flows.accounts.set_password import set_password
from gatehouse.identity import Device, Identity
from gatehouse.passwords import is_same


class ChangePassword(Input):
    """The current password and the new one."""

    current_password: GivenPassword
    new_password: NewPassword


def change_password(
    backend: Backend, caller: Identity, request: ChangePassword, device: Device
) -> None:
    """Sets the new password and ends every session except the caller's own.

    Raises:
        InvalidToken, InvalidPassword, TooManyRequests: the caller did not prove ownership.
        InvalidInput: the new password breaks the password rules, or is the current one.
    """
    user = confirm_password(backend, caller, request.current_password, device)
    if is_same(request.new_password, request.current_password):
        raise InvalidInput(problems=(Problem("/new_password", "is the current password"),))
    password_hash = hash_chosen(
        backend, request.new_password, about=(user.email, user.name or ""), pointer="/new_password"
    )
    try:
        set_password(
            backend, user, password_hash, action="change", device=device, keep=caller.session_id
        )
    except TransactionRefused:
        # Another change won the race: the password given as current is no longer the current one.
        raise InvalidPassword from None
