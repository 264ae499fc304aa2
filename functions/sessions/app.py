"""POST /sessions/refresh, POST /logout"""

from gatehouse.errors import InvalidGrant
from gatehouse.flows.log_out import LogOut, log_out
from gatehouse.flows.refresh_session import RefreshSession, refresh_session
from gatehouse.flows.start_session import Tokens
from gatehouse.http.api import Api, Request

handler = api = Api()


@api.route("POST", "/sessions/refresh", body=RefreshSession, gives=Tokens, refuses=(InvalidGrant,))
def post_refresh(request: Request[RefreshSession]) -> Tokens:
    """Get new tokens for a refresh token."""
    return refresh_session(request.backend, request.body)


@api.route("POST", "/logout", status=204, body=LogOut)
def post_logout(request: Request[LogOut]) -> None:
    """End a session."""
    log_out(request.backend, request.body)
