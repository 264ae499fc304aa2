"""Finish the removal of closed accounts."""

from gatehouse.backend.root import Backend
from gatehouse.flows.accounts.end_sessions import end_sessions

PATIENCE = 60
"""Seconds after which an unfinished removal counts as interrupted."""


def finish_removals(backend: Backend) -> None:
    """Finishes removals whose process died before the end."""
    for user_id in backend.accounts.removals.overdue(backend.clock.now() - PATIENCE):
        finish_removal(backend, user_id)


def finish_removal(backend: Backend, user_id: str) -> None:
    """Ends the sessions, closes their sockets, and removes every item of a closed account.

    Every step can be repeated. The user is removed last. Only then is the removal marked as done.
    """
    end_sessions(backend, user_id)
    user = backend.accounts.users.by_id(user_id)
    backend.accounts.users.remove_belongings(user_id)
    if user is not None:
        backend.accounts.users.remove(user)
    backend.accounts.removals.done(user_id)
