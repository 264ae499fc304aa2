"""The refresh token as a cookie."""

from typing import Any

import pytest

from gatehouse.errors import PermissionDenied
from gatehouse.http.cookies import no_refresh_cookie, read_refresh_token, refresh_cookie
from harness.events import http

ORIGIN = "https://app.example.com"


def event(*cookies: str, origin: str | None = ORIGIN) -> dict[str, Any]:
    return http("post-sessions-refresh", {}, headers={"origin": origin}) | {
        "cookies": list(cookies)
    }


def read(*cookies: str, origin: str | None = ORIGIN) -> str | None:
    return read_refresh_token(event(*cookies, origin=origin), [ORIGIN])


def test_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    written = str(refresh_cookie("token"))
    parts = written.split("; ")
    assert parts[0] == "__Host-refresh=token"
    assert set(parts[1:]) == {
        "Path=/",
        "Max-Age=2592000",
        "Secure",
        "HttpOnly",
        "SameSite=Strict",
    }


def test_prefix_of_the_name_forbids_a_domain() -> None:
    assert "domain" not in str(refresh_cookie("token")).lower()


def test_cookie_is_taken_away_by_one_that_is_over() -> None:
    written = str(no_refresh_cookie())
    assert written.startswith("__Host-refresh=;")
    assert "Max-Age=0" in written or "Expires=Thu, 01 Jan 1970" in written


def test_token_is_read_from_an_allowed_origin() -> None:
    assert read("theme=dark", "__Host-refresh=r1.a.b.0.c-d_e") == "r1.a.b.0.c-d_e"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
    ],
)
def test_token_is_not_taken_from_another_origin(origin: str | None) -> None:
    with pytest.raises(PermissionDenied):
        read("__Host-refresh=token", origin=origin)


def test_request_without_the_cookie_may_come_from_anywhere() -> None:
    assert read("theme=dark", origin="https://evil.example") is None
    assert read(origin=None) is None


@pytest.mark.parametrize("name", ["refresh", "__Secure-refresh", "__host-refresh"])
def test_cookie_of_another_name_is_not_looked_at(name: str) -> None:
    assert read(f"{name}=token") is None


@pytest.mark.parametrize("cookie", ["", "=", ";;", "__Host-refresh", 'a="\\', "é=ü"])
def test_cookies_that_are_none_are_no_fault(cookie: str) -> None:
    assert read(cookie) is None


def test_event_without_cookies_has_none() -> None:
    assert read_refresh_token(http("post-sessions-refresh", {}), [ORIGIN]) is None
