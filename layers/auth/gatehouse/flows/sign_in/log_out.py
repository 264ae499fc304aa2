"""End a session with its refresh token."""

from gatehouse.backend.root import Backend
from gatehouse.errors import InvalidGrant
from gatehouse.flows.accounts.end_sessions import end_session
from gatehouse.flows.accounts.inputs import Input, SessionToken
from gatehouse.identity import Device
from gatehouse.tokens import verify_refresh


class LogOut(Input):
    """Any refresh token of the session, even an older one. Omit it if the cookie carries it."""

    refresh_token: SessionToken | None = None


def log_out(backend: Backend, refresh_token: str, device: Device) -> None:
    """Ends the session and closes its sockets.

    A token that is not valid is not an error (RFC 7009 section 2.2).
    """
    try:
        token = verify_refresh(refresh_token, backend.keys.refresh_keys)
    except InvalidGrant:
        return
    end_session(backend, token.user_id, token.session_id, device)
