"""Finish the removal of accounts that were closed."""

from gatehouse.backend.root import Backend
from gatehouse.flows.accounts.end_sessions import end_sessions

PATIENCE = 60
"""Seconds after which a removal that is not done is taken for interrupted."""


def finish_removals(backend: Backend) -> None:
    """Finishes what processes left behind that died in between."""
    for user_id in backend.accounts.removals.overdue(backend.clock.now() - PATIENCE):
        finish_removal(backend, user_id)


def finish_removal(backend: Backend, user_id: str) -> None:
    """Ends the sessions with their sockets, then removes every item of a closed account.

    Any step can be done again. The user goes last of all, and only then the order to remove it.
    """
    end_sessions(backend, user_id)
    user = backend.accounts.users.by_id(user_id)
    backend.accounts.users.remove_belongings(user_id)
    if user is not None:
        backend.accounts.users.remove(user)
    backend.accounts.removals.done(user_id)
