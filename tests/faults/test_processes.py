"""Processes start at the same time, cannot read their secrets, or have a wrong clock: users still
sign in, requests fail cleanly, and ended sessions and links stay refused."""

import json
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pytest

from gatehouse.clock import Clock
from gatehouse.stores.links import LINK_LIFE
from gatehouse.stores.secrets import Secrets
from gatehouse.tokens import ACCESS_LIFE
from harness.functions import CONTEXT, Answer, load_app
from harness.http_app import NEW_PASSWORD, HttpApp, event_of
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.faults import DARK, Wire
from tests.support.interleaving import Course, operation
from tests.support.requests import FORM, ROUTES, Good

ADA = "ada@example.com"
PROCESSES = 100
OFF = 300
"""Seconds by which the wrong clock is ahead or behind."""


NEEDS_NO_SECRET = {
    "GET /sessions",
    "DELETE /sessions/00000000000000000000000000000000",
    "DELETE /sessions?keep=current",
    "GET /profile",
    "PATCH /profile",
    "GET /profile/export",
    "GET /profile/events",
}
"""Routes that need only an access token, which is verified with public keys."""


@dataclass(frozen=True)
class ShiftedClock:
    """A clock that runs a fixed number of seconds ahead of or behind another."""

    true: Clock
    by: int

    def now(self) -> int:
        return self.true.now() + self.by

    def sleep(self, seconds: float) -> None:
        self.true.sleep(seconds)


def _off(moto: MotoBackend, by: int) -> HttpApp:
    """Returns the same service, run by a process whose clock is wrong."""
    return HttpApp(moto, replace(moto.backend, clock=ShiftedClock(moto.clock, by)))


def _ask(app: HttpApp, route: Good, token: str) -> Answer:
    bearer = token if route.signed_in else None
    if route.form:
        return app.ask(route.method, route.path, urlencode(route.body or {}), headers=FORM)
    return app.ask(route.method, route.path, route.body, token=bearer)


# Cold starts.


def test_a_hundred_cold_starts_at_once_sign_in_with_the_same_keys(moto: MotoBackend) -> None:
    emails = [f"cold{n}@example.com" for n in range(PROCESSES)]
    for email in emails:
        moto.user(email)
    # No process continues before all have read their first secret, which names their counters.
    course = Course(operation("update_item"))
    cold = [load_app("login", course.backend(moto.backend)) for _ in emails]

    def sign_in(n: int) -> str:
        body = {"email": emails[n], "password": PASSWORD}
        answer = cold[n].handler(event_of("POST", "/login", body, address=f"192.0.{n}.1"), CONTEXT)
        return str(json.loads(answer["body"])["access_token"])

    tokens = course.race([lambda n=n: sign_in(n) for n in range(PROCESSES)])  # type: ignore[misc]
    people = {moto.backend.keys.verify_access(token).user_id for token in tokens}
    assert len(people) == PROCESSES


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_cold_start_without_its_secrets_is_unavailable(moto: MotoBackend, route: Good) -> None:
    wire = Wire()
    secrets = Secrets(wire.over(moto.backend.secrets._client))
    app = HttpApp(moto, replace(moto.backend, secrets=secrets))
    moto.user("somebody@example.com")
    token = moto.access_token(moto.user(ADA))
    items = moto.accounts()
    wire.clear(DARK, 0)
    answer = _ask(app, route, token)
    if route.name in NEEDS_NO_SECRET:
        assert answer.status < 500
        assert not wire.calls
    else:
        assert (answer.status, answer.code) in {(503, "unavailable"), (503, "server_error")}
        assert moto.accounts() == items


# Clocks.


@pytest.mark.parametrize("by", [-OFF, OFF])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_wrong_clock_makes_no_answer_a_fault(moto: MotoBackend, route: Good, by: int) -> None:
    token = moto.access_token(moto.user("somebody@example.com"))
    assert _ask(_off(moto, by), route, token).status < 500


@pytest.mark.parametrize("by", [-OFF, OFF])
def test_a_session_goes_on_between_two_clocks(moto: MotoBackend, by: int) -> None:
    moto.user(ADA)
    right, wrong = HttpApp(moto, moto.backend), _off(moto, by)
    tokens = right.tokens(ADA)
    for app in (wrong, right, wrong):
        again = {"refresh_token": tokens["refresh_token"]}
        answer = app.ask("POST", "/sessions/refresh", again)
        assert answer.status == 200
        tokens = answer.json
        assert app.ask("GET", "/sessions", token=tokens["access_token"]).status == 200


@pytest.mark.parametrize("by", [-OFF, OFF])
def test_what_is_over_is_over_by_every_clock(moto: MotoBackend, by: int) -> None:
    moto.user(ADA)
    right, wrong = HttpApp(moto, moto.backend), _off(moto, by)
    tokens = right.tokens(ADA)
    right.ask("POST", "/passwords/forgot", {"email": ADA})
    reset = {"token": right.mailed_token("reset_password"), "password": NEW_PASSWORD}
    right.ask("POST", "/logout", {"refresh_token": tokens["refresh_token"]})
    assert wrong.ask("GET", "/sessions", token=tokens["access_token"]).status == 401
    again = {"refresh_token": tokens["refresh_token"]}
    assert wrong.ask("POST", "/sessions/refresh", again).code == "invalid_grant"
    assert right.ask("POST", "/passwords/reset", reset).status == 204
    assert wrong.ask("POST", "/passwords/reset", reset).code == "invalid_link"


def test_a_clock_that_is_behind_lengthens_a_life_by_no_more_than_it_is_behind(
    moto: MotoBackend,
) -> None:
    moto.user(ADA)
    right, wrong = HttpApp(moto, moto.backend), _off(moto, -OFF)
    token = right.tokens(ADA)["access_token"]
    right.ask("POST", "/passwords/forgot", {"email": ADA})
    reset = {"token": right.mailed_token("reset_password"), "password": NEW_PASSWORD}
    moto.clock.advance(ACCESS_LIFE + OFF)
    assert wrong.ask("GET", "/sessions", token=token).code == "invalid_token"
    moto.clock.advance(LINK_LIFE - ACCESS_LIFE)
    assert wrong.ask("POST", "/passwords/reset", reset).code == "invalid_link"
