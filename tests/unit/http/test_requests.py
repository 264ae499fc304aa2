"""Requests: where the refresh token came from."""

import pytest

from gatehouse.backend.root import Backend
from gatehouse.flows.sign_in.log_out import LogOut
from gatehouse.http.requests import Request, SentToken
from gatehouse.settings import Settings
from harness.events import http

ORIGIN = "https://app.example.com"
COOKIE = "__Host-refresh=cookie"


def sent(in_body: str | None, *cookies: str, origin: str = ORIGIN) -> SentToken:
    """Returns the refresh token of a request with this body and these cookies."""
    event = http("post-logout", headers={"origin": origin}) | {"cookies": list(cookies)}
    backend = Backend(Settings(allowed_origins=(ORIGIN,)))
    return Request(backend, LogOut(refresh_token=in_body), event).refresh_token


@pytest.mark.parametrize("text", [" ", "token", "x" * 10_000])
def test_text_in_the_body_wins_over_the_cookie(text: str) -> None:
    assert sent(text, COOKIE) == SentToken(text, in_cookie=False)


def test_body_without_a_token_leaves_it_to_the_cookie() -> None:
    assert sent(None, COOKIE) == SentToken("cookie", in_cookie=True)


def test_request_without_a_token_came_from_no_cookie() -> None:
    assert sent(None) == SentToken("", in_cookie=False)


def test_origin_does_not_matter_if_the_cookie_is_not_used() -> None:
    assert sent("token", COOKIE, origin="https://evil.example").text == "token"
