"""List the caller's sessions."""

from dataclasses import dataclass

from gatehouse.backend.root import Backend
from gatehouse.clock import rfc3339
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.identity import Identity
from gatehouse.stores.sessions import Session


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session, as shown to its user."""

    id: str
    current: bool
    address: str
    user_agent: str
    created_at: str
    last_seen_at: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class SessionList:
    """The live sessions, the most recently refreshed first."""

    sessions: list[SessionView]


def list_sessions(backend: Backend, caller: Identity) -> SessionList:
    """Returns the caller's live sessions.

    Raises:
        InvalidToken: the caller's own session has ended.
    """
    user = active_user(backend, caller)
    now = backend.clock.now()
    live = [
        each
        for each in backend.accounts.sessions.of_user(user.id)
        if each.is_live(now) and each.token_epoch == user.token_epoch
    ]
    live.sort(key=lambda each: each.refreshed_at, reverse=True)
    return SessionList([view_of(each, caller.session_id) for each in live])


def view_of(session: Session, current: str) -> SessionView:
    return SessionView(
        id=session.id,
        current=session.id == current,
        address=session.address,
        user_agent=session.user_agent,
        created_at=rfc3339(session.created_at),
        last_seen_at=rfc3339(session.refreshed_at),
        expires_at=rfc3339(session.expires_at),
    )
