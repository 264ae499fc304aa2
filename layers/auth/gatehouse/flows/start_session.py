"""Start a session: the one door to tokens, whichever way somebody proved who they are."""

from dataclasses import dataclass

from gatehouse.backend import Backend
from gatehouse.identity import Device, new_id
from gatehouse.stores.sessions import Session, new_session
from gatehouse.stores.users import User
from gatehouse.tokens import ACCESS_LIFE, RefreshToken, issue_refresh


@dataclass(frozen=True, slots=True)
class Tokens:
    """A token answer with the names of RFC 6749 section 5.1."""

    access_token: str
    token_type: str
    expires_in: int
    """Seconds."""
    refresh_token: str


def start_session(backend: Backend, user: User, device: Device) -> Tokens:
    """Writes the session of a user who was authenticated just now, and issues its first tokens."""
    session = new_session(
        new_id(),
        user.id,
        device=device,
        token_epoch=user.token_epoch,
        now=backend.clock.now(),
    )
    backend.sessions.start(session)
    return tokens_of(backend, session)


def tokens_of(backend: Backend, session: Session) -> Tokens:
    """The tokens for the place where a session stands."""
    place = RefreshToken(session.user_id, session.id, session.counter)
    return Tokens(
        access_token=backend.issue_access(session.user_id, session.id, session.created_at),
        token_type="Bearer",  # noqa: S106  # the name of a scheme
        expires_in=ACCESS_LIFE,
        refresh_token=issue_refresh(place, backend.refresh_keys),
    )
