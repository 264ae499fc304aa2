"""Replace a password, and end everything that was started with the old one."""

from gatehouse import limits
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.flows.accounts.end_sessions import end_outdated_sessions
from gatehouse.identity import Device
from gatehouse.stores import devices
from gatehouse.stores.events import new_event
from gatehouse.stores.sweeps import new_sweep
from gatehouse.stores.table import Write
from gatehouse.stores.users import User


def set_password(
    backend: Backend,
    user: User,
    password_hash: str,
    *others: Write,
    action: str,
    device: Device,
    keep: str = "",
) -> None:
    """Changes the password, with its event and its email, in one transaction with ``others``.

    The same write increments the user's token epoch, so a sign-in with the old password that is in
    progress starts no session. It forgets the user's devices and client addresses, which the old
    password made known, except those of the request: its address is trusted, and its device stays
    known if there is a session to keep. Afterwards, ends every session except ``keep`` and closes
    their sockets. Maintenance does that if the process dies: nobody can repeat the request.

    Raises:
        TransactionRefused: the password was changed or the session ``keep`` ended meanwhile, or a
            condition of ``others`` failed.
    """
    now = backend.clock.now()
    event = new_event(user.id, f"user:password:{action}", now=now, device=device, session_id=keep)
    epoch = user.token_epoch + 1
    notice = messages.password_changed(user.id, epoch, to=user.email)
    sweep = new_sweep(user.id)
    known = devices.only(user.devices, device) if keep else {}
    backend.accounts.transact(
        backend.accounts.users.changing_password(user, password_hash, known),
        limits.trusting_only(backend, user, device),
        backend.accounts.events.recording(event),
        backend.accounts.outbox.adding(notice),
        backend.accounts.sweeps.adding(sweep, now),
        *([backend.accounts.sessions.moving(user.id, keep, epoch)] if keep else []),
        *others,
    )
    backend.accounts.outbox.hand_over(notice)
    end_outdated_sessions(backend, user.id, epoch)
    backend.accounts.sweeps.done(sweep)
