"""The refresh token as a cookie."""

from typing import Any

import pytest

from gatehouse.errors import PermissionDenied
from gatehouse.http.cookies import (
    NAME,
    no_refresh_cookie,
    read_refresh_token,
    refresh_cookie,
)
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


OTHERS = [
    'theme={"mode":"dark"}',
    "flash",
    "note=two words",
    "city=Zürich",
    "名前=値",
    "",
    "=",
    "=nameless",
    ";;",
    " ; ",
    "a b=c",
    "a[0]=1",
    "(x)=@",
    "empty=",
    'quoted="x',
    'quoted="\\',
    "$Version=1",
    "$Path=/",
    "expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "a=1,__Host-refresh=evil",
    "a=__Host-refresh=evil",
    "__Host-refresh",
    "\x00=\x7f",
    "long=" + "x" * 10_000,
]
"""Cookies of other parts of the site. Few of them are what RFC 6265 allows."""


@pytest.mark.parametrize("other", OTHERS)
def test_no_other_cookie_hides_or_replaces_the_token(other: str) -> None:
    for cookies in ([other, f"{NAME}=token"], [f"{NAME}=token", other]):
        assert read(*cookies) == "token"
        assert read("; ".join(cookies)) == "token"


def test_token_is_found_among_very_many_cookies() -> None:
    many = [f"c{number}={number}" for number in range(1_000)]
    assert read(*many, f"{NAME}=token", *many) == "token"


@pytest.mark.parametrize(
    "sent", ['a="x; __Host-refresh=token; b=y"', "a=1;\t__Host-refresh=token "]
)
def test_semicolon_ends_a_cookie_even_between_quotes(sent: str) -> None:
    assert read(sent) == "token"


def test_first_of_two_tokens_counts() -> None:
    assert read(f"{NAME}=first", f"{NAME}=second") == "first"
    assert read(f"{NAME}=; {NAME}=second") == ""


@pytest.mark.parametrize("name", ["cookie", "Cookie"])
@pytest.mark.parametrize("array", [{}, {"cookies": None}, {"cookies": []}])
def test_token_is_read_from_the_header_if_there_is_no_array(
    name: str, array: dict[str, Any]
) -> None:
    headers: dict[str, str | None] = {"origin": ORIGIN, name: f"theme=dark; {NAME}=token"}
    sent = http("post-sessions-refresh", {}, headers=headers) | array
    assert read_refresh_token(sent, [ORIGIN]) == "token"


def test_origin_is_found_in_any_case_of_its_name() -> None:
    sent = event(f"{NAME}=token", origin=None)
    sent["headers"]["Origin"] = ORIGIN
    assert read_refresh_token(sent, [ORIGIN]) == "token"


def test_two_spellings_of_the_origin_are_not_an_allowed_one() -> None:
    sent = event(f"{NAME}=token", origin="https://evil.example")
    sent["headers"]["Origin"] = ORIGIN
    with pytest.raises(PermissionDenied):
        read_refresh_token(sent, [ORIGIN])


@pytest.mark.parametrize(
    "name",
    [
        "refresh",
        "__Secure-refresh",
        "__host-refresh",
        "__HOST-REFRESH",
        "x__Host-refresh",
        "__Host-refresh2",
        "__Host-refresh ",
        "__Host-refresh[]",
        "\u00a0__Host-refresh",
        "\u2000__Host-refresh",
        "\x0b__Host-refresh",
        "\x1c__Host-refresh",
        '"__Host-refresh"',
        "__Host-r%65fresh",
        "$Version=1,__Host-refresh",
    ],
)
def test_cookie_of_another_name_is_not_looked_at(name: str) -> None:
    assert read(f"{name}=token") is None


@pytest.mark.parametrize("cookie", ["", "=", ";;", "__Host-refresh", 'a="\\', "é=ü"])
def test_cookies_that_are_none_are_no_fault(cookie: str) -> None:
    assert read(cookie) is None


def test_event_without_cookies_has_none() -> None:
    assert read_refresh_token(http("post-sessions-refresh", {}), [ORIGIN]) is None
