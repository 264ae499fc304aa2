"""Finish the removal of closed accounts."""

from gatehouse.backend.root import Backend
from gatehouse.flows.lifecycle.end_access import end_access
from gatehouse.identity import known_address
from gatehouse.stores.users import User

PATIENCE = 60
"""Seconds after which an unfinished removal counts as interrupted."""

MOST = 500
"""Items of each kind that one call removes, so that no request runs out of time. Maintenance
removes the rest, as many each minute."""


def finish_removals(backend: Backend) -> None:
    """Finishes removals whose process died before the end, or had too much to remove."""
    for user_id in backend.accounts.removals.overdue(backend.clock.now() - PATIENCE):
        finish_removal(backend, user_id)


def finish_removal(backend: Backend, user_id: str) -> None:
    """Ends the sessions, closes their sockets, and removes what is stored of a closed account.

    ``stored_data`` lists what that is. Every step can be repeated. The user is removed last. Only
    then is the removal marked as done. An account with more than ``MOST`` items of a kind takes
    several calls.
    """
    end_access(backend, user_id)
    user = backend.accounts.users.by_id(user_id)
    if not _remove_belongings(backend, user_id, user):
        return
    if user is not None:
        backend.accounts.users.remove(user)
    backend.accounts.removals.done(user_id)


def _remove_belongings(backend: Backend, user_id: str, user: User | None) -> bool:
    """Removes everything but the user. Returns whether nothing else is left."""
    channel = backend.realtime.rules.personal(user_id)
    return (
        backend.accounts.users.remove_belongings(user_id, MOST)
        and backend.realtime.streams.remove(channel, MOST)
        and (user is None or _remove_registrations(backend, user))
    )


def _remove_registrations(backend: Backend, user: User) -> bool:
    """Removes the registrations that wait for the user's address. While it has an account, none of
    them can become one."""
    canonical = known_address(user.email).canonical
    return backend.accounts.registrations.remove_all(canonical, MOST)
