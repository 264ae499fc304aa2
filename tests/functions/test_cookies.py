"""The refresh token of a page, from the sign-in to the sign-out."""

import pytest

from tests.support.events import Event, http
from tests.support.functions import CONTEXT, Answer, load_app, serve
from tests.support.world import PASSWORD, World

EMAIL = "ada@example.com"


def cookies(world: World, function: str, event: Event) -> list[str]:
    """What is to be kept of the cookies of an answer."""
    answer = load_app(function, world.backend).handler(event, CONTEXT)
    found: list[str] = answer["cookies"]
    return [each.partition(";")[0] for each in found]


def log_in(world: World, refresh: str) -> Event:
    world.user(EMAIL)
    return http("post-login", {"email": EMAIL, "password": PASSWORD, "refresh": refresh})


def with_cookie(name: str, token: str, origin: str = "https://app.example.com") -> Event:
    event = http(name, {}, headers={"origin": origin})
    return event | {"cookies": [f"__Host-refresh={token}"]}


def signed_in(world: World) -> str:
    (cookie,) = cookies(world, "login", log_in(world, "cookie"))
    return cookie.partition("=")[2]


def send(world: World, event: Event) -> Answer:
    return serve("sessions", world.backend)(event)


def test_page_gets_the_refresh_token_in_a_cookie_only(world: World) -> None:
    event = log_in(world, "cookie")
    answer = serve("login", world.backend)(event)
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    assert cookies(world, "login", event)[0].startswith("__Host-refresh=r1.")


def test_others_get_no_cookie(world: World) -> None:
    assert cookies(world, "login", log_in(world, "body")) == []


def test_no_other_place_is_known(world: World) -> None:
    answer = serve("login", world.backend)(log_in(world, "header"))
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/refresh")


def test_cookie_is_refreshed_into_a_cookie(world: World) -> None:
    event = with_cookie("post-sessions-refresh", signed_in(world))
    answer = send(world, event)
    assert answer.status == 200
    assert "refresh_token" not in answer.json
    assert cookies(world, "sessions", event)[0].startswith("__Host-refresh=r1.")


@pytest.mark.parametrize("origin", ["https://evil.example", "", "null"])
@pytest.mark.parametrize("name", ["post-sessions-refresh", "post-logout"])
def test_cookie_of_a_foreign_page_is_refused(world: World, name: str, origin: str) -> None:
    token = signed_in(world)
    answer = send(world, with_cookie(name, token, origin))
    assert (answer.status, answer.code) == (403, "permission_denied")
    assert send(world, with_cookie("post-sessions-refresh", token)).status == 200


def test_sign_out_ends_the_session_and_takes_the_cookie_away(world: World) -> None:
    token = signed_in(world)
    event = with_cookie("post-logout", token)
    assert cookies(world, "sessions", event) == ["__Host-refresh="]
    assert send(world, with_cookie("post-sessions-refresh", token)).code == "invalid_grant"


def test_body_goes_before_the_cookie(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    event = http("post-sessions-refresh", {"refresh_token": token}) | {
        "cookies": ["__Host-refresh=other"]
    }
    answer = send(world, event)
    assert answer.status == 200
    assert "refresh_token" in answer.json


def test_refresh_without_any_token_is_refused(world: World) -> None:
    answer = send(world, http("post-sessions-refresh", {}))
    assert (answer.status, answer.code) == (400, "invalid_grant")


def test_sign_out_without_any_token_is_no_error(world: World) -> None:
    assert send(world, http("post-logout", {})).status == 204
