"""Start a session, however the user was authenticated. Every session starts here."""

from dataclasses import dataclass

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.emails.user_agents import describe
from gatehouse.errors import InvalidCredentials
from gatehouse.identity import Device, new_id
from gatehouse.stores import devices
from gatehouse.stores.events import new_event
from gatehouse.stores.sessions import Session, new_session
from gatehouse.stores.users import User
from gatehouse.tokens import ACCESS_LIFE, RefreshToken, issue_refresh


@dataclass(frozen=True, slots=True)
class Tokens:
    """A token response with the field names of RFC 6749 section 5.1."""

    access_token: str
    token_type: str
    expires_in: int
    """Seconds."""
    refresh_token: str


def start_session(backend: Backend, user: User, device: Device) -> Tokens:
    """Starts a session for a user who was just authenticated, and returns its first tokens.

    Session, event and device are written in one transaction, on the condition that nothing ended
    the user's sessions since the user was read. So a concurrent password change or account deletion
    leaves no session behind. A device that is not remembered from an earlier sign-in is reported to
    the owner by email.

    Raises:
        InvalidCredentials: the account changed meanwhile.
    """
    now = backend.clock.now()
    known = devices.is_known(user.devices, device, now)
    session = new_session(new_id(), user.id, device=device, token_epoch=user.token_epoch, now=now)
    started = new_event(
        user.id, "user:session:start", now=now, device=device, session_id=session.id
    )
    shown = Device(device.address, describe(device.user_agent))
    notice = None if known else messages.new_device(session.id, to=user.email, device=shown)
    try:
        backend.accounts.transact(
            backend.accounts.users.checking_epoch(
                user, devices.change_for_sign_in(user.devices, device, now)
            ),
            backend.accounts.sessions.starting(session),
            backend.accounts.events.recording(started),
            *([backend.accounts.outbox.adding(notice)] if notice else []),
        )
    except TransactionRefused:
        raise InvalidCredentials from None
    if notice:
        backend.accounts.outbox.hand_over(notice)
    return tokens_of(backend, session)


def tokens_of(backend: Backend, session: Session) -> Tokens:
    """Returns the tokens for the current state of a session."""
    place = RefreshToken(session.user_id, session.id, session.counter)
    return Tokens(
        access_token=backend.keys.issue_access(session.user_id, session.id, session.created_at),
        token_type="Bearer",  # noqa: S106  # the name of a scheme
        expires_in=ACCESS_LIFE,
        refresh_token=issue_refresh(place, backend.keys.refresh_keys),
    )
