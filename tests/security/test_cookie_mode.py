"""Attacks on the refresh token cookie: no script can read it, and no other site can use it."""

import pytest

from harness.functions import Answer
from harness.http_app import ORIGIN
from harness.moto_backend import PASSWORD
from tests.security.conftest import Watched

ADA = "ada@example.com"
NAME = "__Host-refresh"


@pytest.fixture
def cookie(app: Watched) -> str:
    """The refresh cookie of a page that has signed in."""
    app.moto.user(ADA)
    body = {"email": ADA, "password": PASSWORD, "refresh": "cookie"}
    answer = app.ask("POST", "/login", body, headers={"origin": ORIGIN})
    assert "refresh_token" not in answer.text
    (set_cookie,) = answer.cookies
    _checked(set_cookie)
    return set_cookie.partition(";")[0]


def _checked(cookie: str) -> None:
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name.startswith(f"{NAME}=".lower())
    assert {"secure", "httponly", "path=/", "samesite=strict"} <= set(attributes)
    assert not [each for each in attributes if each.startswith("domain")]


def _refresh(app: Watched, *cookies: str, **headers: str | None) -> Answer:
    return app.ask("POST", "/sessions/refresh", {}, cookies=cookies, headers=headers)


def test_page_of_an_allowed_origin(app: Watched, cookie: str) -> None:
    answer = _refresh(app, cookie, origin=ORIGIN)
    assert answer.status == 200
    assert "refresh_token" not in answer.text
    _checked(answer.cookies[0])
    assert answer.cookies[0].partition(";")[0] != cookie


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
        "https://evil.app.example.com",
        "https://APP.example.com.",
        "https://app.example.com, https://evil.example",
        "*",
    ],
)
def test_foreign_origin_uses_nothing_up(app: Watched, cookie: str, origin: str | None) -> None:
    for path in ("/sessions/refresh", "/logout"):
        answer = app.ask("POST", path, {}, cookies=(cookie,), headers={"origin": origin})
        assert (answer.status, answer.code) == (403, "permission_denied")
        assert not answer.cookies
    assert _refresh(app, cookie, origin=ORIGIN).status == 200


def test_log_out_takes_the_cookie_away(app: Watched, cookie: str) -> None:
    answer = app.ask("POST", "/logout", {}, cookies=(cookie,), headers={"origin": ORIGIN})
    assert answer.status == 204
    (gone,) = answer.cookies
    _checked(gone)
    assert "max-age=0" in gone.lower()
    assert _refresh(app, cookie, origin=ORIGIN).code == "invalid_grant"


@pytest.mark.parametrize(
    "name", ["refresh", "__host-refresh", "__Secure-refresh", "__Host-refresh2", "Host-refresh"]
)
def test_cookie_of_another_name_is_not_looked_at(app: Watched, cookie: str, name: str) -> None:
    other = cookie.replace(NAME, name)
    assert _refresh(app, other, origin=ORIGIN).code == "invalid_grant"


def test_access_token_is_not_taken_from_a_cookie(app: Watched, cookie: str) -> None:
    assert app.ask("GET", "/sessions", cookies=(cookie,)).code == "missing_token"


@pytest.mark.parametrize(
    "junk",
    ["", "=", ";;;", f"{NAME}", f"{NAME}=", f'{NAME}="', f"{NAME}=\x00", "é=é", "x" * 10_000],
)
def test_broken_cookie(app: Watched, junk: str) -> None:
    assert _refresh(app, junk, origin=ORIGIN).code == "invalid_grant"


@pytest.mark.parametrize("text", ["", " ", "\t", "null", "x" * 10_000, "r1.a.b.0.c"])
@pytest.mark.parametrize("path", ["/sessions/refresh", "/logout"])
def test_script_does_not_make_the_cookie_s_token_appear_in_the_body(
    app: Watched, cookie: str, path: str, text: str
) -> None:
    body = {"refresh_token": text}
    answer = app.ask("POST", path, body, cookies=(cookie,), headers={"origin": ORIGIN})
    assert 'refresh_token":' not in answer.text
    assert not answer.cookies
    expected = 422 if not text else 400 if path == "/sessions/refresh" else 204
    assert answer.status == expected
    assert _refresh(app, cookie, origin=ORIGIN).status == 200


@pytest.mark.parametrize(
    "tossed",
    [
        f"a=1,{NAME}=evil",
        f'a="{NAME}=evil',
        f"\u00a0{NAME}=evil",
        f"\u2000{NAME}=evil",
        f"\u3000{NAME}=evil",
        f"{NAME.upper()}=evil",
        f"$Version=1,{NAME}=evil",
    ],
)
def test_cookie_tossed_by_another_host_of_the_site_is_not_taken_for_ours(
    app: Watched, cookie: str, tossed: str
) -> None:
    assert _refresh(app, tossed, cookie, origin=ORIGIN).status == 200


def test_cookie_between_the_quotes_of_others_is_not_hidden(app: Watched, cookie: str) -> None:
    assert _refresh(app, 'a="x', cookie, 'b=y"', origin=ORIGIN).status == 200


def test_body_wins_over_the_cookie(app: Watched, cookie: str) -> None:
    body = {"refresh_token": "r1.a.b.0.c"}
    answer = app.ask("POST", "/sessions/refresh", body, cookies=(cookie,))
    assert answer.code == "invalid_grant"
    assert _refresh(app, cookie, origin=ORIGIN).status == 200


@pytest.mark.parametrize("value", ["Cookie", "cookies", "", None, True, ["cookie"]])
def test_other_place_for_the_token(app: Watched, value: object) -> None:
    app.moto.user(ADA)
    body = {"email": ADA, "password": PASSWORD, "refresh": value}
    assert app.ask("POST", "/login", body).code == "invalid_input"
