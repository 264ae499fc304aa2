"""Finish the end of sessions whose sockets may still be open."""

from gatehouse.backend.root import Backend
from gatehouse.flows.accounts.end_sessions import end_outdated_sessions

PATIENCE = 60
"""Seconds after which a sweep counts as left over by the request that ordered it."""


def finish_sweeps(backend: Backend) -> None:
    """Carries out the sweeps whose process died, or has no access to the sockets.

    Every step can be repeated. The order is deleted last.
    """
    for sweep in backend.accounts.sweeps.overdue(backend.clock.now() - PATIENCE):
        user = backend.accounts.users.by_id(sweep.user_id)
        if user is not None:
            end_outdated_sessions(backend, user.id, user.token_epoch)
        backend.accounts.sweeps.done(sweep)
