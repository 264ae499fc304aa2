"""Ask a signed-in user for the password again, before an action that cannot be undone."""

from gatehouse import limits
from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidPassword
from gatehouse.flows.accounts.check_password import is_password_of
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.note_wrong_password import CONFIRMATION, note_wrong_password
from gatehouse.identity import Device, Identity, known_address
from gatehouse.stores.users import User


def confirm_password(backend: Backend, caller: Identity, password: str, device: Device) -> User:
    """Returns the caller's account, if the session is still live and the password is right.

    Raises:
        InvalidToken: the session or the account ended after the token was issued.
        TooManyRequests: there were too many attempts.
        InvalidPassword: the password is wrong.
    """
    user = active_user(backend, caller)
    account = known_address(user.email).canonical
    limits.count(backend, limits.CONFIRM_PASSWORD, device, account, session_id=caller.session_id)
    if not is_password_of(backend, user, password):
        note_wrong_password(backend, user, CONFIRMATION, device, session_id=caller.session_id)
        raise InvalidPassword
    return user
