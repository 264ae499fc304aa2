"""Get new tokens for a refresh token."""

import logging

from gatehouse.aws import TransactionRefused
from gatehouse.backend.root import Backend
from gatehouse.emails import messages
from gatehouse.errors import InvalidGrant
from gatehouse.flows.accounts.inputs import Input, SessionToken
from gatehouse.flows.realtime.close_connection import close_connections_of_session
from gatehouse.flows.sign_in.start_session import Tokens, tokens_of
from gatehouse.identity import Device
from gatehouse.stores.events import new_event
from gatehouse.stores.sessions import ReusedToken
from gatehouse.tokens import RefreshToken, verify_refresh

log = logging.getLogger(__name__)


class RefreshSession(Input):
    """The refresh token of the latest token response. Omit it if the cookie carries it."""

    refresh_token: SessionToken | None = None


def refresh_session(backend: Backend, refresh_token: str, device: Device) -> Tokens:
    """Advances the session by one refresh, with one conditional write, and returns new tokens.

    A session of an older epoch is left over from a process that died while ending it. It ends here,
    and its sockets are closed. So does a session of a disabled user, because other services would
    go on trusting its tokens.

    Using the same token again within 30 seconds, as two tabs or a retry do, returns the same
    refresh token. Up to ten minutes after its first use, an app that never got the answer gets a
    new refresh token, and the one in the lost answer is void. Any other reuse means that two
    parties hold the token: the session ends, its sockets are closed, and its owner is notified by
    email (RFC 9700 section 4.14.2).

    Raises:
        InvalidGrant: the token is not valid or was reused, or its session has ended.
        Unavailable: other requests kept changing the session meanwhile.
    """
    token = verify_refresh(refresh_token, backend.keys.refresh_keys)
    now = backend.clock.now()
    try:
        session = backend.accounts.sessions.refresh(
            token.user_id, token.session_id, token.counter, now
        )
    except ReusedToken:
        _sound_alarm(backend, token, device)
        raise
    if not backend.accounts.users.is_active(session.user_id, session.token_epoch):
        backend.accounts.sessions.revoke(session.user_id, session.id)
        close_connections_of_session(backend, session.user_id, session.id)
        raise InvalidGrant
    return tokens_of(backend, session)


def _sound_alarm(backend: Backend, token: RefreshToken, device: Device) -> None:
    """Ends the session and closes its sockets.

    The event for the audit trail and the email to the owner are part of the same transaction.
    """
    place = {"user_id": token.user_id, "session_id": token.session_id}
    log.warning("a refresh token was reused; its session is revoked", extra=place)
    event = new_event(
        token.user_id,
        "system:session:reuse",
        now=backend.clock.now(),
        device=device,
        session_id=token.session_id,
    )
    user = backend.accounts.users.by_id(token.user_id)
    notice = messages.session_revoked(token.session_id, to=user.email) if user else None
    try:
        backend.accounts.transact(
            backend.accounts.sessions.ending(token.user_id, token.session_id),
            backend.accounts.events.recording(event),
            *([backend.accounts.outbox.adding(notice)] if notice else []),
        )
    except TransactionRefused:
        # The session was ended meanwhile, so there is nothing to report.
        notice = None
    if notice:
        backend.accounts.outbox.hand_over(notice)
    close_connections_of_session(backend, token.user_id, token.session_id)
