"""Refreshing, listing and ending sessions, the standard token endpoints, and the audit trail."""

from gatehouse import limits
from gatehouse.errors import (
    InvalidGrant,
    InvalidInput,
    NotFound,
    PermissionDenied,
    UnsupportedGrant,
)
from gatehouse.flows.accounts.end_sessions import end_own_session, end_own_sessions
from gatehouse.flows.accounts.list_sessions import SessionList, list_sessions
from gatehouse.flows.accounts.read_events import EventPage, read_events
from gatehouse.flows.sign_in.exchange_token import (
    ExchangeToken,
    RevokeToken,
    exchange_token,
    revoke_token,
)
from gatehouse.flows.sign_in.log_out import LogOut, log_out
from gatehouse.flows.sign_in.refresh_session import RefreshSession, refresh_session
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.http.api import Api
from gatehouse.http.replies import Reply
from gatehouse.http.requests import Request
from gatehouse.http.token_replies import signed_out, token_reply

handler = api = Api()


@api.route(
    "POST",
    "/sessions/refresh",
    limit=limits.REFRESH,
    body=RefreshSession,
    returns=Tokens,
    cookie=True,
    errors=(InvalidGrant, PermissionDenied),
)
def post_refresh(request: Request[RefreshSession]) -> Reply:
    """Get new tokens for a refresh token.

    A page omits the token from the body and sends it as a cookie. The new one is returned the same
    way. If the body has a token, the cookie is neither used nor changed.
    """
    token = request.refresh_token
    tokens = refresh_session(request.backend, token.text, request.device)
    return token_reply(tokens, in_cookie=token.in_cookie)


@api.route(
    "POST",
    "/logout",
    limit=limits.REFRESH,
    body=LogOut,
    status=204,
    cookie=True,
    errors=(PermissionDenied,),
)
def post_logout(request: Request[LogOut]) -> Reply | None:
    """Sign out: end a session with its refresh token.

    A token that is not valid is not an error. If the token is in the cookie, the cookie is deleted.
    """
    token = request.refresh_token
    log_out(request.backend, token.text, request.device)
    return signed_out() if token.in_cookie else None


@api.route("GET", "/sessions", signed_in=True, limit=limits.USE_SESSION, returns=SessionList)
def get_sessions(request: Request[None]) -> SessionList:
    """List the signed-in user's sessions."""
    return list_sessions(request.backend, request.caller)


@api.route(
    "DELETE",
    "/sessions/{id}",
    signed_in=True,
    limit=limits.USE_SESSION,
    status=204,
    errors=(NotFound,),
)
def delete_session(request: Request[None]) -> None:
    """End one of the signed-in user's sessions."""
    end_own_session(request.backend, request.caller, request.path["id"], request.device)


@api.route(
    "DELETE",
    "/sessions",
    signed_in=True,
    limit=limits.USE_SESSION,
    status=204,
    query={"keep": "`current` keeps the session that sends the request."},
)
def delete_sessions(request: Request[None]) -> None:
    """End all of the signed-in user's sessions."""
    keep = request.query.get("keep") == "current"
    end_own_sessions(request.backend, request.caller, request.device, keep_current=keep)


@api.route(
    "GET",
    "/profile/events",
    signed_in=True,
    limit=limits.USE_SESSION,
    returns=EventPage,
    errors=(InvalidInput,),
    query={"cursor": "Continues where another page ended: the `next` of that page."},
)
def get_events(request: Request[None]) -> EventPage:
    """List the events of the signed-in user's account."""
    return read_events(request.backend, request.caller, request.query.get("cursor"))


@api.route(
    "POST",
    "/token",
    limit=limits.REFRESH,
    form=True,
    body=ExchangeToken,
    returns=Tokens,
    errors=(InvalidGrant, UnsupportedGrant),
)
def post_token(request: Request[ExchangeToken]) -> Tokens:
    """Get new tokens for a refresh token (RFC 6749)."""
    return exchange_token(request.backend, request.body, request.device)


@api.route("POST", "/revoke", limit=limits.REFRESH, form=True, body=RevokeToken)
def post_revoke(request: Request[RevokeToken]) -> Reply:
    """End a session with its refresh token (RFC 7009).

    A token that is not valid is not an error.
    """
    revoke_token(request.backend, request.body, request.device)
    return Reply(200)
