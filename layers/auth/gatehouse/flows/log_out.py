"""End a session with its refresh token."""

from gatehouse.backend import Backend
from gatehouse.errors import InvalidGrant
from gatehouse.flows.inputs import Input
from gatehouse.tokens import verify_refresh


class LogOut(Input):
    """Any refresh token of the session: the latest or an older one."""

    refresh_token: str


def log_out(backend: Backend, request: LogOut) -> None:
    """Revokes the session. A token that means nothing is no error (RFC 7009 section 2.2)."""
    try:
        token = verify_refresh(request.refresh_token, backend.refresh_keys)
    except InvalidGrant:
        return
    backend.sessions.revoke(token.user_id, token.session_id)
