"""End all access to an account whose user can no longer sign in."""

from gatehouse.backend.root import Backend
from gatehouse.flows.accounts.end_sessions import end_sessions
from gatehouse.flows.realtime.close_connection import close_connections_of_user


def end_access(backend: Backend, user_id: str) -> None:
    """Ends every session and closes every socket of a disabled user.

    Repeating it changes nothing. Sockets are found by their user, so an attempt after one that was
    interrupted also closes those whose session is gone.

    Raises:
        Unavailable: some sessions or sockets may be left. A repeat ends them.
    """
    end_sessions(backend, user_id, list)
    close_connections_of_user(backend, user_id)
