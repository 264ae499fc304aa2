"""POST /sessions/refresh, POST /logout"""

import pytest

from harness.events import http
from harness.functions import Answer, serve
from harness.moto_backend import MotoBackend


def post(moto: MotoBackend, name: str, token: str) -> Answer:
    return serve("sessions", moto.backend)(http(name, {"refresh_token": token}))


def refresh(moto: MotoBackend, token: str) -> Answer:
    return post(moto, "post-sessions-refresh", token)


def log_out(moto: MotoBackend, token: str) -> Answer:
    return post(moto, "post-logout", token)


def test_refresh_gives_new_tokens(moto: MotoBackend) -> None:
    answer = refresh(moto, moto.sign_in(moto.user()).refresh_token)
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}


def test_new_tokens_are_stored_by_nobody(moto: MotoBackend) -> None:
    answer = refresh(moto, moto.sign_in(moto.user()).refresh_token)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("after", [0, 30])
def test_two_tabs_get_the_same_successor(moto: MotoBackend, after: int) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    first = refresh(moto, token)
    moto.clock.advance(after)
    assert refresh(moto, token).json["refresh_token"] == first.json["refresh_token"]


def test_lost_answer_can_be_asked_for_again_after_a_while(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    lost = refresh(moto, token).json["refresh_token"]
    moto.clock.advance(31)
    again = refresh(moto, token).json["refresh_token"]
    assert again != lost
    assert refresh(moto, again).status == 200


def test_stolen_token_ends_the_session(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    successor = refresh(moto, token).json["refresh_token"]
    moto.clock.advance(601)
    reused, after_it = refresh(moto, token), refresh(moto, successor)
    assert (
        (reused.status, reused.code) == (after_it.status, after_it.code) == (400, "invalid_grant")
    )


def test_reuse_is_not_told_from_any_other_bad_token(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    refresh(moto, token)
    moto.clock.advance(601)
    assert refresh(moto, token) == refresh(moto, "forged")


@pytest.mark.parametrize("token", [" ", "x", "REFRESH_TOKEN", "r1.a.b.0.c", "é", "x" * 5000])
def test_forged_token_changes_nothing(moto: MotoBackend, token: str) -> None:
    moto.sign_in(moto.user())
    items = moto.accounts()
    assert refresh(moto, token).code == "invalid_grant"
    assert moto.accounts() == items


@pytest.mark.parametrize("name", ["post-sessions-refresh", "post-logout"])
def test_empty_token_is_no_input(moto: MotoBackend, name: str) -> None:
    answer = post(moto, name, "")
    assert (answer.status, answer.code) == (422, "invalid_input")
    (problem,) = answer.json["errors"]
    assert problem["pointer"] == "/refresh_token"
    assert "omit it if the cookie carries it" in problem["detail"]


def test_bad_refresh_token_is_no_challenge_for_an_access_token(moto: MotoBackend) -> None:
    assert "www-authenticate" not in refresh(moto, "x").headers


def test_log_out_ends_the_session(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    answer = log_out(moto, token)
    assert (answer.status, answer.text) == (204, "")
    assert refresh(moto, token).code == "invalid_grant"


def test_log_out_answers_alike_for_a_token_that_means_nothing(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    assert log_out(moto, token) == log_out(moto, token) == log_out(moto, "x")
