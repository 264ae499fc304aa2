"""One HTTP request, as handlers see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from gatehouse.backend.root import Backend
from gatehouse.http import caller
from gatehouse.identity import Device, Identity

Body = TypeVar("Body")


class SentToken(NamedTuple):
    """A refresh token and where it came from. Its successor is sent back the same way."""

    text: str
    in_cookie: bool


@dataclass(frozen=True)
class Request(Generic[Body]):
    """One request: the backend that serves it, its validated body, and its sender."""

    backend: Backend
    body: Body
    event: dict[str, Any]
    path: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def caller(self) -> Identity:
        """The user whom the access token identifies.

        Raises:
            MissingToken: there is no access token.
            InvalidToken: the access token is not valid.
        """
        return caller.identify(self.backend, self.event)

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query string."""
        return self.event.get("queryStringParameters") or {}

    @property
    def refresh_token(self) -> SentToken:
        """The refresh token in the body or, only if the body has none, in the cookie of a page.

        A text in the body is never replaced by the cookie, whatever it is. Otherwise a script could
        have the cookie's token sent back in the body, where it can read it.

        Raises:
            PermissionDenied: the cookie would be used, and its page is not of an allowed origin.
        """
        body: Any = self.body
        if body.refresh_token is not None:
            return SentToken(body.refresh_token, in_cookie=False)
        cookie = self.refresh_cookie
        return SentToken(cookie or "", in_cookie=cookie is not None)

    @property
    def refresh_cookie(self) -> str | None:
        """The refresh token in the cookie of a page, if there is one.

        Raises:
            PermissionDenied: the page is not of an allowed origin.
        """
        from gatehouse.http.cookies import read_refresh_token

        return read_refresh_token(self.event, self.backend.settings.page_origins)

    @property
    def device(self) -> Device:
        return caller.device(self.event)
