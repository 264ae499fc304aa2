"""End sessions and close the sockets that belong to them."""

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.errors import NotFound
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.drop_sessions import Choice, drop_sessions
from gatehouse.flows.realtime.close_connection import (
    close_connections,
    close_connections_of_session,
)
from gatehouse.identity import Device, Identity, is_id
from gatehouse.stores.events import Event, new_event
from gatehouse.stores.sessions import Session
from gatehouse.stores.sweeps import new_sweep
from gatehouse.stores.table import Write


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


def end_sessions(backend: Backend, user_id: str, choose: Choice, *with_first: Write) -> None:
    """Ends the chosen sessions of a user and closes their sockets; see ``drop_sessions``.

    Repeating the call completes one that was interrupted: it closes the sockets of every session
    that has ended.
    """
    drop_sessions(backend, user_id, choose, *with_first)
    _close_sockets(backend, user_id)


def end_outdated_sessions(backend: Backend, user_id: str, token_epoch: int) -> None:
    """Ends the sessions of an older epoch, deletes what is left of others, and closes sockets."""
    now = backend.clock.now()
    end_sessions(
        backend,
        user_id,
        lambda stored: [
            each for each in stored if each.token_epoch < token_epoch or not each.is_live(now)
        ],
    )


def _close_sockets(backend: Backend, user_id: str) -> None:
    """Closes every connection of a user whose session has ended.

    A connection that is being opened meanwhile checks its session itself.
    """
    connections = backend.realtime.connections.of_sessions(user_id)
    if not connections:
        return
    # Read after the connections, so that a session which starts meanwhile keeps its own.
    stored = backend.accounts.sessions.of_user(user_id)
    going_on = {session.id for session in stored if not session.revoked}
    close_connections(
        backend, [connection for connection, session in connections if session not in going_on]
    )


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
    """Ends all of the caller's sessions, or all except the current one, and records that.

    Records nothing if nothing ended, so that nobody can bury earlier events.

    Raises:
        InvalidToken: the caller's own session has ended.
    """
    user = active_user(backend, caller)
    now, own = backend.clock.now(), caller.session_id
    tag = "user:session:end-others" if keep_current else "user:session:end-all"
    event = new_event(user.id, tag, now=now, device=device, session_id=own)
    sweep = new_sweep(user.id)

    def choose(stored: list[Session]) -> list[Session]:
        # The caller's own session ends last, so that an interrupted request can be repeated.
        others = [session for session in stored if session.id != own]
        return others if keep_current else [*others, *(s for s in stored if s.id == own)]

    end_sessions(
        backend,
        user.id,
        choose,
        backend.accounts.events.recording(event),
        backend.accounts.sweeps.adding(sweep, now),
    )
    backend.accounts.sweeps.done(sweep)
