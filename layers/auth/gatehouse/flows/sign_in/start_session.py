"""Start a session, however the user was authenticated. Every session starts here."""

from dataclasses import dataclass

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.emails.user_agents import describe
from gatehouse.errors import Unavailable
from gatehouse.identity import Device, new_id
from gatehouse.stores import devices
from gatehouse.stores.events import new_event
from gatehouse.stores.sessions import Session, new_session
from gatehouse.stores.table import Write
from gatehouse.stores.users import User
from gatehouse.tokens import ACCESS_LIFE, RefreshToken, issue_refresh

_TRIES = 20
"""Attempts to start a session. Each one that fails had another sign-in of the user win, and limits
allow only a few of those at the same time."""


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
    the owner by email. A user who has as many sessions as allowed loses the oldest.

    Raises:
        InvalidCredentials: the account changed meanwhile.
        Unavailable: other sign-ins of the user kept taking the room for this session.
    """
    now = backend.clock.now()
    known = devices.is_known(user.devices, device, now)
    session = new_session(new_id(), user.id, device=device, token_epoch=user.token_epoch, now=now)
    started = new_event(
        user.id, "user:session:start", now=now, device=device, session_id=session.id
    )
    shown = Device(device.address, describe(device.user_agent))
    notice = None if known else messages.new_device(session.id, to=user.email, device=shown)
    _write(
        backend,
        user,
        device,
        backend.accounts.sessions.starting(session),
        backend.accounts.events.recording(started),
        *([backend.accounts.outbox.adding(notice)] if notice else []),
    )
    if notice:
        backend.accounts.outbox.hand_over(notice)
    return tokens_of(backend, session)


def _write(backend: Backend, user: User, device: Device, *writes: Write) -> None:
    """Makes the writes together with the change to the user that a sign-in makes."""
    for _ in range(_TRIES):
        change = devices.change_for_sign_in(user.devices, device, backend.clock.now())
        try:
            backend.accounts.transact(
                backend.accounts.users.starting_session(user, change), *writes
            )
        except TransactionRefused:
            # Few users ever have that many sessions.
            from gatehouse.flows.sign_in.make_room import make_room

            user = make_room(backend, user, device)
        else:
            return
    raise Unavailable("other sign-ins kept taking the room for this session")


def tokens_of(backend: Backend, session: Session) -> Tokens:
    """Returns the tokens for the current state of a session."""
    place = RefreshToken(session.user_id, session.id, session.counter)
    return Tokens(
        access_token=backend.keys.issue_access(session.user_id, session.id, session.created_at),
        token_type="Bearer",  # noqa: S106  # the name of a scheme
        expires_in=ACCESS_LIFE,
        refresh_token=issue_refresh(place, backend.keys.refresh_keys),
    )
