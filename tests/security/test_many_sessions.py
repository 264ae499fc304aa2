"""Nobody makes one request cost hundreds of calls, or buries the trail of an account.

A user has at most 100 sessions. One with many more from the former version can still use every
route, within the time of a function.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from gatehouse import limits
from gatehouse.stores.users import MAX_SESSIONS, User
from harness.functions import Answer
from harness.http_app import NEW_PASSWORD
from harness.moto_backend import PASSWORD
from tests.security.conftest import Watched
from tests.support.evidence import Record
from tests.support.people import former_sessions
from tests.support.simulation import quick_transactions

ADA = "ada@example.com"
MANY = int(os.environ.get("FORMER_SESSIONS", "250"))
"""Sessions of a user of the former version: several batches. `make slow` has 600, for which moto
takes minutes."""

RATE = limits.USE_SESSION.per_session or limits.Rate(0, 0)

Ask = Callable[[Watched, str], Answer]
CHANGE = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}


def _asking(method: str, path: str, body: object = None) -> Ask:
    return lambda app, token: app.ask(method, path, body, token=token)


def _sign_in(app: Watched, _: str) -> Answer:
    return app.log_in(ADA)


ROUTES: dict[str, tuple[Ask, int, int, int]] = {
    "sign in": (_sign_in, 20, 40, MAX_SESSIONS),
    "list": (_asking("GET", "/sessions"), 5, 6, MANY),
    "export": (_asking("GET", "/profile/export"), 8, 9, MANY),
    "end the others": (_asking("DELETE", "/sessions?keep=current"), 12, 40, 1),
    "end all": (_asking("DELETE", "/sessions"), 12, 40, 0),
    "change the password": (_asking("PUT", "/password", CHANGE), 20, 40, 1),
    "delete the account": (_asking("DELETE", "/profile", {"password": PASSWORD}), 30, 60, 0),
}
"""The routes that read or end sessions; the most AWS calls that each may make for a user with the
most sessions, and for one of the former version with many more; and the sessions left of those."""


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quick_transactions():
        yield


def _ada(app: Watched, count: int) -> tuple[User, str]:
    """Prepares Ada with sessions of the former version. Returns her and an access token."""
    user = app.moto.user(ADA)
    token = app.tokens(ADA)["access_token"]
    former_sessions(app.moto, user, count - 1)
    app.wire.clear()
    return user, token


@pytest.mark.parametrize("count", [MAX_SESSIONS, MANY])
@pytest.mark.parametrize("route", ROUTES)
def test_calls_do_not_grow_with_the_sessions(
    app: Watched, route: str, count: int, evidence: Record
) -> None:
    ask, of_the_most, of_many, left = ROUTES[route]
    _, token = _ada(app, count)
    answer = ask(app, token)
    calls = len(app.wire.calls)
    assert answer.status < 300, answer
    evidence("Many sessions", {"route": route, "sessions": count, "AWS calls": calls})
    assert calls <= (of_the_most if count == MAX_SESSIONS else of_many)
    assert len(app.items("USER#", "SESSION#")) == min(left, count)
    tags = [item["tag"]["S"] for item in app.items("USER#", "EVENT#")]
    assert len(tags) <= 3


def test_sign_ins_without_end_make_no_more_sessions_than_allowed(app: Watched) -> None:
    user, _ = _ada(app, MAX_SESSIONS)
    for _ in range(3):
        app.moto.clock.advance(1)
        app.tokens(ADA)
    assert len(app.moto.backend.accounts.sessions.of_user(user.id)) == MAX_SESSIONS


# The trail.


def test_a_thief_cannot_bury_the_trail_with_ends_of_nothing(app: Watched) -> None:
    app.moto.user(ADA)
    token = app.tokens(ADA)["access_token"]
    before = len(app.items("USER#", "EVENT#"))
    statuses = Counter(
        app.ask("DELETE", "/sessions?keep=current", token=token).status for _ in range(RATE.most)
    )
    assert statuses == {204: RATE.most}
    assert len(app.items("USER#", "EVENT#")) == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/profile", {"name": None}),
        ("DELETE", "/sessions/00000000000000000000000000000000", None),
        ("PUT", "/password", {"current_password": PASSWORD, "new_password": PASSWORD}),
        ("POST", "/emails/change", {"new_email": ADA, "password": PASSWORD}),
    ],
)
def test_request_without_effect_leaves_neither_event_nor_mail(
    app: Watched, method: str, path: str, body: object
) -> None:
    app.moto.user(ADA)
    token = app.tokens(ADA)["access_token"]
    app.post()
    items = [item for item in app.moto.accounts() if item["pk"]["S"].startswith("USER#")]
    for _ in range(3):
        app.ask(method, path, body, token=token)
    assert [item for item in app.moto.accounts() if item["pk"]["S"].startswith("USER#")] == items
    assert app.post() == []


@pytest.mark.parametrize(("path", "name"), [("/logout", "refresh_token"), ("/revoke", "token")])
def test_sign_out_of_an_ended_session_is_recorded_once(app: Watched, path: str, name: str) -> None:
    app.moto.user(ADA)
    token = app.tokens(ADA)["refresh_token"]
    for _ in range(3):
        if path == "/revoke":
            form = {"content-type": "application/x-www-form-urlencoded"}
            app.ask("POST", path, f"{name}={token}", headers=form)
        else:
            app.ask("POST", path, {name: token})
    tags = [item["tag"]["S"] for item in app.items("USER#", "EVENT#")]
    assert tags.count("user:session:end") == 1


# The limit of a session.


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/sessions", None),
        ("DELETE", "/sessions?keep=current", None),
        ("DELETE", "/sessions/00000000000000000000000000000000", None),
        ("GET", "/profile/events", None),
        ("GET", "/profile/export", None),
        ("PATCH", "/profile", {"name": "Ada"}),
    ],
)
def test_a_stolen_session_cannot_be_used_without_end(
    app: Watched, method: str, path: str, body: object
) -> None:
    user = app.moto.user(ADA)
    stolen, other = app.moto.access_token(user), app.moto.access_token(user)
    _use(app, stolen, times=RATE.most - 2)
    answers = [
        app.ask(method, path, body, token=stolen, address=f"198.51.100.{n}") for n in range(3)
    ]
    assert [each.status == 429 for each in answers] == [False, False, True]
    assert 0 < int(answers[-1].headers["retry-after"]) <= RATE.window
    assert app.ask("GET", "/sessions", token=other).status in (200, 401)
    assert app.ask("GET", "/profile", token=stolen).status == 200


def _use(app: Watched, token: str, times: int) -> None:
    """Counts uses of a session as that many requests do."""
    session_id = app.backend.keys.verify_access(token).session_id
    window = app.moto.clock.now() // RATE.window
    name = f"{limits.USE_SESSION.name}-session"
    assert app.moto.backend.accounts.counters.count(
        name, session_id, window, most=times, ttl=0, times=times
    )
