"""POST /sessions/refresh, POST /logout"""

import pytest

from tests.support.events import http
from tests.support.functions import Answer, serve
from tests.support.world import World


def post(world: World, name: str, token: str) -> Answer:
    return serve("sessions", world.backend)(http(name, {"refresh_token": token}))


def refresh(world: World, token: str) -> Answer:
    return post(world, "post-sessions-refresh", token)


def log_out(world: World, token: str) -> Answer:
    return post(world, "post-logout", token)


def test_refresh_gives_new_tokens(world: World) -> None:
    answer = refresh(world, world.sign_in(world.user()).refresh_token)
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}


def test_new_tokens_are_stored_by_nobody(world: World) -> None:
    answer = refresh(world, world.sign_in(world.user()).refresh_token)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("after", [0, 30])
def test_two_tabs_get_the_same_successor(world: World, after: int) -> None:
    token = world.sign_in(world.user()).refresh_token
    first = refresh(world, token)
    world.clock.advance(after)
    assert refresh(world, token).json["refresh_token"] == first.json["refresh_token"]


def test_stolen_token_ends_the_session(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    successor = refresh(world, token).json["refresh_token"]
    world.clock.advance(31)
    reused, after_it = refresh(world, token), refresh(world, successor)
    assert (
        (reused.status, reused.code) == (after_it.status, after_it.code) == (400, "invalid_grant")
    )


def test_reuse_is_not_told_from_any_other_bad_token(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    refresh(world, token)
    world.clock.advance(31)
    assert refresh(world, token) == refresh(world, "forged")


@pytest.mark.parametrize("token", ["", "x", "REFRESH_TOKEN", "r1.a.b.0.c", "é", "x" * 5000])
def test_forged_token_changes_nothing(world: World, token: str) -> None:
    world.sign_in(world.user())
    items = world.accounts()
    assert refresh(world, token).code == "invalid_grant"
    assert world.accounts() == items


def test_bad_refresh_token_is_no_challenge_for_an_access_token(world: World) -> None:
    assert "www-authenticate" not in refresh(world, "x").headers


def test_log_out_ends_the_session(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    answer = log_out(world, token)
    assert (answer.status, answer.text) == (204, "")
    assert refresh(world, token).code == "invalid_grant"


def test_log_out_answers_alike_for_a_token_that_means_nothing(world: World) -> None:
    token = world.sign_in(world.user()).refresh_token
    assert log_out(world, token) == log_out(world, token) == log_out(world, "x")
