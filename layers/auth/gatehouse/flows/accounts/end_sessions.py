"""End sessions and close the sockets that belong to them."""

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.errors import NotFound
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.realtime.close_connection import close_connections_of_session
from gatehouse.identity import Device, Identity, is_id
from gatehouse.stores.events import Event, new_event


def end_session(
    backend: Backend, user_id: str, session_id: str, device: Device | None = None
) -> bool:
    """Ends the session. Returns whether it existed and had not been ended before.

    Closes its sockets in any case, so that a retry after a failure completes the work.
    """
    now = backend.clock.now()
    event = new_event(user_id, "user:session:end", now=now, device=device, session_id=session_id)
    ended = _end(backend, event)
    close_connections_of_session(backend, user_id, session_id)
    return ended


def _end(backend: Backend, event: Event) -> bool:
    """Ends the session of an event and records the event, in one transaction.

    Returns whether the session existed and had not been ended before.
    """
    try:
        backend.accounts.transact(
            backend.accounts.sessions.ending(event.user_id, event.session_id),
            backend.accounts.events.recording(event),
        )
    except TransactionRefused:
        return False
    return True


def _record(backend: Backend, event: Event) -> None:
    """Records an event of a session that stays live.

    Records nothing if the session ended meanwhile. That end has its own event, and the account may
    be under removal, which must leave nothing behind.
    """
    try:
        backend.accounts.transact(
            backend.accounts.sessions.checking_not_ended(event.user_id, event.session_id),
            backend.accounts.events.recording(event),
        )
    except TransactionRefused:
        return


def end_sessions(backend: Backend, user_id: str, *, keep: str = "") -> None:
    """Ends all sessions of a user except ``keep``. Repeating the call changes nothing."""
    for session in backend.accounts.sessions.of_user(user_id):
        if session.id == keep:
            continue
        if not session.revoked:
            backend.accounts.sessions.revoke(user_id, session.id)
        close_connections_of_session(backend, user_id, session.id)


def end_own_session(backend: Backend, caller: Identity, session_id: str, device: Device) -> None:
    """Ends one of the caller's sessions.

    Raises:
        InvalidToken: the caller's own session has ended.
        NotFound: the caller has no session with this ID, or it was ended before. The response is
            the same for another user's session.
    """
    user = active_user(backend, caller)
    if not is_id(session_id) or not end_session(backend, user.id, session_id, device):
        raise NotFound


def end_own_sessions(
    backend: Backend, caller: Identity, device: Device, *, keep_current: bool
) -> None:
    """Ends all of the caller's sessions, or all except the current one.

    Raises:
        InvalidToken: the caller's own session has ended.
    """
    user = active_user(backend, caller)
    tag = "user:session:end-others" if keep_current else "user:session:end-all"
    event = new_event(
        user.id, tag, now=backend.clock.now(), device=device, session_id=caller.session_id
    )
    # The caller's own session ends last, so that an interrupted request can be repeated.
    end_sessions(backend, user.id, keep=caller.session_id)
    if keep_current:
        _record(backend, event)
        return
    _end(backend, event)
    close_connections_of_session(backend, user.id, caller.session_id)
