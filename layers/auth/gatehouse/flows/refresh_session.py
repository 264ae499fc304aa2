"""Get new tokens for a refresh token."""

import logging

from gatehouse.backend import Backend
from gatehouse.flows.inputs import Input
from gatehouse.flows.start_session import Tokens, tokens_of
from gatehouse.stores.sessions import ReusedToken
from gatehouse.tokens import verify_refresh

log = logging.getLogger(__name__)


class RefreshSession(Input):
    """The refresh token of the latest token answer."""

    refresh_token: str


def refresh_session(backend: Backend, request: RefreshSession) -> Tokens:
    """Moves the session one refresh on and issues its tokens, by one conditional write.

    Coming twice within 30 seconds with the same token, as two tabs or a retry do, gives the same
    refresh token twice. Coming later means that two hold it: the session ends (RFC 9700 4.14.2).

    Raises:
        InvalidGrant: the token is not valid, or its session is over.
    """
    token = verify_refresh(request.refresh_token, backend.refresh_keys)
    now = backend.clock.now()
    try:
        session = backend.sessions.refresh(token.user_id, token.session_id, token.counter, now)
    except ReusedToken:
        place = {"user_id": token.user_id, "session_id": token.session_id}
        log.warning("a refresh token was used again; its session is revoked", extra=place)
        raise
    return tokens_of(backend, session)
