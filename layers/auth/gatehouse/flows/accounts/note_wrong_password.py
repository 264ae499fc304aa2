"""Note a wrong password in the audit trail of the account's owner."""

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.identity import Device
from gatehouse.stores.events import daily_event
from gatehouse.stores.users import NOBODY, User

SIGN_IN = "system:session:refuse"
CONFIRMATION = "system:password:refuse"
"""The tags: a sign-in, or a change for which a signed-in user had to enter the password."""


def note_wrong_password(
    backend: Backend, user: User | None, tag: str, device: Device, *, session_id: str = ""
) -> None:
    """Adds the attempt to the day's event of this tag, which holds a count and the latest details.

    One event a day for each tag, so that a guesser cannot bury the owner's other events. For an
    unknown address, and for a disabled account, makes writes of the same kind and size.

    Notes nothing if the account ended or its password changed since the user was read.
    """
    now = backend.clock.now()
    owner = None if user is None or user.disabled else user
    event = daily_event(
        owner.id if owner else NOBODY, tag, now=now, device=device, session_id=session_id
    )
    if owner is None:
        backend.accounts.transact(*backend.accounts.events.counting_for_nobody(event))
        return
    try:
        backend.accounts.transact(
            backend.accounts.users.checking_epoch(owner), backend.accounts.events.counting(event)
        )
    except TransactionRefused:
        return
