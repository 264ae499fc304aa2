"""The refresh token of a page, from the sign-in to the sign-out."""

import pytest

from harness.events import Event, http
from harness.functions import CONTEXT, Answer, load_app, serve
from harness.moto_backend import PASSWORD, MotoBackend

EMAIL = "ada@example.com"


def cookies(moto: MotoBackend, function: str, event: Event) -> list[str]:
    """Returns the cookies of a response without their attributes, as a browser sends them back."""
    answer = load_app(function, moto.backend).handler(event, CONTEXT)
    cookie_headers: list[str] = answer["cookies"]
    return [each.partition(";")[0] for each in cookie_headers]


def log_in(moto: MotoBackend, refresh: str) -> Event:
    moto.user(EMAIL)
    return http("post-login", {"email": EMAIL, "password": PASSWORD, "refresh": refresh})


def with_cookie(name: str, token: str, origin: str = "https://app.example.com") -> Event:
    event = http(name, {}, headers={"origin": origin})
    return event | {"cookies": [f"__Host-refresh={token}"]}


def signed_in(moto: MotoBackend) -> str:
    (cookie,) = cookies(moto, "login", log_in(moto, "cookie"))
    return cookie.partition("=")[2]


def send(moto: MotoBackend, event: Event) -> Answer:
    return serve("sessions", moto.backend)(event)


def test_page_gets_the_refresh_token_in_a_cookie_only(moto: MotoBackend) -> None:
    event = log_in(moto, "cookie")
    answer = serve("login", moto.backend)(event)
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    assert cookies(moto, "login", event)[0].startswith("__Host-refresh=r1.")


def test_others_get_no_cookie(moto: MotoBackend) -> None:
    assert cookies(moto, "login", log_in(moto, "body")) == []


def test_no_other_place_is_known(moto: MotoBackend) -> None:
    answer = serve("login", moto.backend)(log_in(moto, "header"))
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/refresh")


def test_cookie_is_refreshed_into_a_cookie(moto: MotoBackend) -> None:
    event = with_cookie("post-sessions-refresh", signed_in(moto))
    answer = send(moto, event)
    assert answer.status == 200
    assert "refresh_token" not in answer.json
    assert cookies(moto, "sessions", event)[0].startswith("__Host-refresh=r1.")


@pytest.mark.parametrize("origin", ["https://evil.example", "", "null"])
@pytest.mark.parametrize("name", ["post-sessions-refresh", "post-logout"])
def test_cookie_of_a_foreign_page_is_refused(moto: MotoBackend, name: str, origin: str) -> None:
    token = signed_in(moto)
    answer = send(moto, with_cookie(name, token, origin))
    assert (answer.status, answer.code) == (403, "permission_denied")
    assert send(moto, with_cookie("post-sessions-refresh", token)).status == 200


def test_sign_out_ends_the_session_and_takes_the_cookie_away(moto: MotoBackend) -> None:
    token = signed_in(moto)
    event = with_cookie("post-logout", token)
    assert cookies(moto, "sessions", event) == ["__Host-refresh="]
    assert send(moto, with_cookie("post-sessions-refresh", token)).code == "invalid_grant"


def test_null_leaves_it_to_the_cookie(moto: MotoBackend) -> None:
    token = signed_in(moto)
    event = http("post-sessions-refresh", {"refresh_token": None})
    answer = send(moto, event | {"cookies": [f"__Host-refresh={token}"]})
    assert answer.status == 200
    assert "refresh_token" not in answer.json
    assert len(answer.cookies) == 1


@pytest.mark.parametrize("cookie", ["__Host-refresh=other", "__Host-refresh=", "theme=dark"])
def test_body_goes_before_the_cookie(moto: MotoBackend, cookie: str) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    event = http("post-sessions-refresh", {"refresh_token": token}) | {"cookies": [cookie]}
    answer = send(moto, event)
    assert answer.status == 200
    assert "refresh_token" in answer.json
    assert answer.cookies == ()


def test_sign_out_by_the_body_leaves_the_cookie_and_its_session_alone(moto: MotoBackend) -> None:
    token, other = signed_in(moto), moto.sign_in(moto.user()).refresh_token
    event = http("post-logout", {"refresh_token": other})
    answer = send(moto, event | {"cookies": [f"__Host-refresh={token}"]})
    assert (answer.status, answer.cookies) == (204, ())
    assert send(moto, with_cookie("post-sessions-refresh", token)).status == 200
    assert send(moto, http("post-sessions-refresh", {"refresh_token": other})).status == 400


def test_sign_out_without_any_token_sets_no_cookie(moto: MotoBackend) -> None:
    assert send(moto, http("post-logout", {})).cookies == ()


@pytest.mark.parametrize("other", ['theme={"mode":"dark"}', "flash", "a=b c", "city=Zürich"])
def test_sign_out_ends_the_session_whatever_other_cookies_there_are(
    moto: MotoBackend, other: str
) -> None:
    token = signed_in(moto)
    event = with_cookie("post-logout", token)
    event["cookies"].insert(0, other)
    assert send(moto, event).status == 204
    assert send(moto, with_cookie("post-sessions-refresh", token)).code == "invalid_grant"


def test_refresh_without_any_token_is_refused(moto: MotoBackend) -> None:
    answer = send(moto, http("post-sessions-refresh", {}))
    assert (answer.status, answer.code) == (400, "invalid_grant")


def test_sign_out_without_any_token_is_no_error(moto: MotoBackend) -> None:
    assert send(moto, http("post-logout", {})).status == 204
