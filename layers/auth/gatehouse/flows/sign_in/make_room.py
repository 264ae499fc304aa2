"""Make room for one more session of a user who has as many as allowed."""

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidCredentials
from gatehouse.flows.accounts.drop_sessions import drop_sessions
from gatehouse.identity import Device
from gatehouse.stores.events import new_event
from gatehouse.stores.sessions import Session
from gatehouse.stores.sweeps import new_sweep
from gatehouse.stores.users import MAX_SESSIONS, User


def make_room(backend: Backend, user: User, device: Device) -> User:
    """Ends the sessions that were refreshed longest ago until one more is allowed.

    Counts the live sessions, which are fewer than those that started: ends and expiries are not
    counted one by one. Maintenance closes the sockets, to which a sign-in has no access.

    Returns:
        The user as stored now.

    Raises:
        InvalidCredentials: the account changed since the user was read.
    """
    now = backend.clock.now()
    stored = backend.accounts.users.by_id(user.id)
    if stored is None or stored.disabled or stored.token_epoch != user.token_epoch:
        raise InvalidCredentials
    event = new_event(user.id, "system:session:end-oldest", now=now, device=device)
    left = drop_sessions(
        backend,
        user.id,
        lambda sessions: _surplus(sessions, user.token_epoch, now),
        backend.accounts.events.recording(event),
        backend.accounts.sweeps.adding(new_sweep(user.id), now),
    )
    backend.accounts.users.allow_sessions(stored, MAX_SESSIONS - len(left))
    return stored


def _surplus(sessions: list[Session], token_epoch: int, now: int) -> list[Session]:
    """Returns the sessions that are over, then the oldest that leave no room for one more."""
    live = [each for each in sessions if each.is_live(now) and each.token_epoch == token_epoch]
    live.sort(key=lambda session: (session.refreshed_at, session.created_at))
    oldest = live[: max(0, len(live) - MAX_SESSIONS + 1)]
    return [*(each for each in sessions if each not in live), *oldest]
