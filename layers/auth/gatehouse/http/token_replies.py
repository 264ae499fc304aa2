"""Token responses, with the refresh token in the body or, for pages, in a cookie."""

from typing import Protocol

from gatehouse.http.cookies import no_refresh_cookie, refresh_cookie
from gatehouse.http.replies import Reply


class Tokens(Protocol):
    """A token response with the field names of RFC 6749 section 5.1."""

    @property
    def access_token(self) -> str: ...
    @property
    def token_type(self) -> str: ...
    @property
    def expires_in(self) -> int: ...
    @property
    def refresh_token(self) -> str: ...


def token_reply(tokens: Tokens, *, in_cookie: bool) -> Reply:
    """Returns the response with new tokens."""
    if not in_cookie:
        return Reply(200, tokens)
    shown = {
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "expires_in": tokens.expires_in,
    }
    return Reply(200, shown, (refresh_cookie(tokens.refresh_token),))


def signed_out() -> Reply:
    """Returns the response to a sign-out with the cookie, which deletes the cookie."""
    return Reply(204, None, (no_refresh_cookie(),))
