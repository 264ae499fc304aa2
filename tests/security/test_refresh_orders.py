"""Owner and thief hold the same refresh token, and answers get lost: who ends up signed in.

Each row is one order of events. Both begin with the same token. A holder refreshes with the token
of the last answer that arrived. The requests come by each of the three doors in turn.
"""

from collections.abc import Callable
from itertools import cycle
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from gatehouse.tokens import verify_refresh
from harness.functions import Answer
from harness.http_app import ELSEWHERE, HOME, ORIGIN
from tests.security.conftest import Watched
from tests.support.requests import FORM

ADA = "ada@example.com"
OWNER, THIEF = "owner", "thief"
NOBODY: frozenset[str] = frozenset()


class Step(NamedTuple):
    """One refresh: how many seconds after the step before, by whom, and what becomes of it."""

    after: int
    holder: str
    outcome: str
    """``gets`` the answer, ``loses`` it (the old token is used next), or ``ends`` the session."""


class Order(NamedTuple):
    """A row of the table."""

    steps: str
    """``+seconds holder outcome``, separated by commas."""
    signed_in: frozenset[str]
    """The holders whose latest token is the current one after the last step."""


def _in(*holders: str) -> frozenset[str]:
    return frozenset(holders)


ORDERS = {
    # Nobody copied anything.
    "answer lost, retry at once": Order("+0 owner loses, +0 owner gets", _in(OWNER)),
    "answer lost, retry within the grace": Order("+0 owner loses, +30 owner gets", _in(OWNER)),
    "answer lost, retry after it": Order("+0 owner loses, +31 owner gets", _in(OWNER)),
    "answer lost, retry at the last second": Order("+0 owner loses, +600 owner gets", _in(OWNER)),
    "answer lost, retry too late": Order("+0 owner loses, +601 owner ends", NOBODY),
    "answers lost twice": Order("+0 owner loses, +31 owner loses, +31 owner gets", _in(OWNER)),
    "answers lost twice, retry within the grace of the second": Order(
        "+0 owner loses, +31 owner loses, +9 owner gets", _in(OWNER)
    ),
    "retries do not prolong the time": Order(
        "+0 owner loses, +300 owner loses, +300 owner loses, +31 owner ends", NOBODY
    ),
    "the grace of the last retry outlasts the time": Order(
        "+0 owner loses, +600 owner loses, +30 owner gets", _in(OWNER)
    ),
    "goes on after a retry": Order(
        "+0 owner loses, +31 owner gets, +800 owner gets, +800 owner gets", _in(OWNER)
    ),
    "answers lost at two refreshes": Order(
        "+0 owner loses, +400 owner gets, +900 owner loses, +400 owner gets", _in(OWNER)
    ),
    # A thief has a copy.
    "thief comes after the owner moved on": Order(
        "+0 owner gets, +900 owner gets, +1 thief ends", NOBODY
    ),
    "thief comes right after the owner moved on": Order(
        "+0 owner gets, +1 owner gets, +1 thief ends", NOBODY
    ),
    "thief comes too late for a lost answer": Order("+0 owner gets, +601 thief ends", NOBODY),
    "thief plays the lost answer": Order("+0 owner gets, +31 thief gets", _in(THIEF)),
    "thief plays the lost answer, owner comes back": Order(
        "+0 owner gets, +31 thief gets, +869 owner ends", NOBODY
    ),
    "thief plays the lost answer, owner comes back at once": Order(
        "+0 owner gets, +31 thief gets, +1 owner ends", NOBODY
    ),
    "thief plays lost answers until the owner comes back": Order(
        "+0 owner gets, +31 thief loses, +31 thief loses, +31 thief gets, +1 owner ends", NOBODY
    ),
    "thief plays lost answers for ever": Order(
        "+0 owner gets, +200 thief loses, +200 thief loses, +200 thief loses, +31 thief ends",
        NOBODY,
    ),
    "thief comes first, owner within the time": Order("+0 thief gets, +31 owner gets", _in(OWNER)),
    "thief comes first, owner within the time, thief goes on": Order(
        "+0 thief gets, +31 owner gets, +1 thief ends", NOBODY
    ),
    "thief comes first and goes on": Order("+0 thief gets, +31 thief gets, +31 owner ends", NOBODY),
    "thief comes first, owner too late": Order("+0 thief gets, +601 owner ends", NOBODY),
    # What the grace for two tabs costs: it cannot tell a thief from a tab.
    "both at once": Order("+0 owner gets, +30 thief gets", _in(OWNER, THIEF)),
    "both at once, then one": Order("+0 owner gets, +30 thief gets, +900 owner gets", _in(OWNER)),
    "both at once, then one after the other": Order(
        "+0 owner gets, +30 thief gets, +900 owner gets, +1 owner gets, +1 thief ends", NOBODY
    ),
}


def _by_body(app: Watched, token: str, address: str) -> tuple[Answer, str]:
    answer = app.ask("POST", "/sessions/refresh", {"refresh_token": token}, address=address)
    return answer, answer.json.get("refresh_token", "")


def _by_form(app: Watched, token: str, address: str) -> tuple[Answer, str]:
    form = urlencode({"grant_type": "refresh_token", "refresh_token": token})
    answer = app.ask("POST", "/token", form, headers=FORM, address=address)
    return answer, answer.json.get("refresh_token", "")


def _by_cookie(app: Watched, token: str, address: str) -> tuple[Answer, str]:
    cookies = (f"__Host-refresh={token}",)
    answer = app.ask(
        "POST",
        "/sessions/refresh",
        {},
        cookies=cookies,
        headers={"origin": ORIGIN},
        address=address,
    )
    (cookie,) = answer.cookies or ("=;",)
    return answer, cookie.partition(";")[0].partition("=")[2]


DOORS: tuple[Callable[[Watched, str, str], tuple[Answer, str]], ...] = (
    _by_body,
    _by_form,
    _by_cookie,
)
ADDRESSES = {OWNER: HOME, THIEF: ELSEWHERE}


@pytest.mark.parametrize("name", ORDERS)
def test_who_ends_up_signed_in(app: Watched, name: str) -> None:
    order = ORDERS[name]
    app.moto.user(ADA)
    token = app.tokens(ADA)["refresh_token"]
    held = {OWNER: token, THIEF: token}
    app.post()
    for step, door in zip(_steps(order.steps), cycle(DOORS), strict=False):
        app.moto.clock.advance(step.after)
        answer, successor = door(app, held[step.holder], ADDRESSES[step.holder])
        assert answer.status == (400 if step.outcome == "ends" else 200), step
        if step.outcome == "gets":
            held[step.holder] = successor
    assert {holder for holder in held if _is_current(app, held[holder])} == order.signed_in
    told = [mail["template"] for mail in app.post()]
    assert told == ([] if order.signed_in else ["session_revoked"])


def test_owner_who_came_back_knows_of_the_thief(app: Watched) -> None:
    app.moto.user(ADA)
    copied = app.tokens(ADA)["refresh_token"]
    _, mine = _by_body(app, copied, HOME)
    app.moto.clock.advance(31)
    _, stolen = _by_body(app, copied, ELSEWHERE)
    _by_body(app, mine, HOME)
    assert _by_body(app, stolen, ELSEWHERE)[0].code == "invalid_grant"
    assert "system:session:reuse" in {item["tag"]["S"] for item in app.items("USER#", "EVENT#")}


def _steps(text: str) -> list[Step]:
    return [Step(int(after), *rest) for after, *rest in (each.split() for each in text.split(","))]


def _is_current(app: Watched, token: str) -> bool:
    """Whether a token is the one that moves its session on. Writes nothing."""
    at = verify_refresh(token, app.moto.backend.keys.refresh_keys)
    session = app.moto.backend.accounts.sessions.get(at.user_id, at.session_id)
    now = app.moto.clock.now()
    return session is not None and session.is_live(now) and session.counter == at.counter
