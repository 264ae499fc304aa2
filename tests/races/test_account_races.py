"""An operator disables or enables an account while its user signs in, refreshes, or connects.

Every round forces all contenders to read before any of them writes.
"""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.lifecycle.disable_account import disable_account
from gatehouse.flows.lifecycle.enable_account import enable_account
from gatehouse.stores.users import User
from harness.functions import Answer
from harness.http_app import HttpApp
from tests.races.test_races import (
    ADA,
    FEWER,
    TRANSACTION,
    _address,
    _of_session,
    _tidy,
    _warm,
    ring_of,
)
from tests.support.evidence import Record
from tests.support.faults import Snapshot
from tests.support.interleaving import CONTENDERS, ROUNDS, Course

OPERATOR = "operator"
Contender = Callable[[], Answer | bool]


def rounds(
    app: HttpApp, course: Course, contenders: list[Contender], count: int = ROUNDS
) -> list[list[Answer | bool]]:
    """Runs each round from the present state. Returns what each contender got."""
    _warm(app)
    _tidy(app)
    snapshot, outcomes = Snapshot(app.moto), []
    for _ in range(count):
        snapshot.restore()
        app.mails.clear()
        outcomes.append(course.race(contenders))
        check(app)
    return outcomes


def check(app: HttpApp) -> None:
    """Asserts that mails and events are those of the state, and no session of before is live."""
    (user,) = app.items("USER#", "PROFILE")
    tags = [item["tag"]["S"] for item in app.items("USER#", "EVENT#")]
    switches = [tag.rpartition(":")[2] for tag in tags if tag.startswith("operator:")]
    app.post()
    templates = [mail["template"] for mail in app.mails]
    for switch in ("disable", "enable"):
        assert switches.count(switch) == templates.count(f"account_{switch}d")
    if user["disabled"]["BOOL"]:
        epoch = user["token_epoch"]["N"]
        sessions = app.items("USER#", "SESSION#")
        assert not [
            s for s in sessions if not s["revoked"]["BOOL"] and s["token_epoch"]["N"] == epoch
        ]


def record(evidence: Record, race: str, count: int, others: str) -> None:
    evidence(
        "Races",
        {
            "race": race,
            "contenders": CONTENDERS,
            "rounds": count,
            "winners per round": "1",
            "the others get": others,
        },
    )


@pytest.mark.parametrize("switch", [disable_account, enable_account], ids=["disable", "enable"])
def test_account_is_switched_once(switch: Callable[..., bool], evidence: Record) -> None:
    with ring_of(TRANSACTION) as (app, course):
        user = app.moto.user(ADA, disabled=switch is enable_account)
        act: Contender = lambda: switch(app.backend, user.id, actor=OPERATOR)  # noqa: E731
        outcomes = rounds(app, course, [act] * CONTENDERS)
    assert all(sorted(map(bool, each)) == [False] * 15 + [True] for each in outcomes)
    record(evidence, switch.__name__.replace("_", " an "), len(outcomes), "nothing to change")


def disabling(app: HttpApp, user: User) -> Contender:
    return lambda: disable_account(app.backend, user.id, actor=OPERATOR)


def test_sign_in_beside_the_disabling_leaves_no_live_session(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (app, course):
        user = app.moto.user(ADA)
        signing_in: list[Contender] = [
            lambda n=n: app.log_in(ADA, address=_address(n))  # type: ignore[misc]
            for n in range(CONTENDERS - 1)
        ]
        outcomes = rounds(app, course, [disabling(app, user), *signing_in])
        for disabled, *answers in outcomes:
            assert disabled is True
            assert {answer.status for answer in answers} <= {200, 401}  # type: ignore[union-attr]
    record(evidence, "disable an account during sign-ins", len(outcomes), "a session that is over")


def _of_session_or_disabling(name: str, request: dict[str, Any]) -> bool:
    return _of_session(name, request) or TRANSACTION(name, request)


def test_refresh_beside_the_disabling_leaves_no_live_session(evidence: Record) -> None:
    with ring_of(_of_session_or_disabling) as (app, course):
        user = app.moto.user(ADA)
        tokens = [app.tokens(ADA, address=_address(n)) for n in range(CONTENDERS - 1)]
        bodies = [{"refresh_token": each["refresh_token"]} for each in tokens]
        refreshing: list[Contender] = [
            lambda body=body: app.ask("POST", "/sessions/refresh", body)  # type: ignore[misc]
            for body in bodies
        ]
        outcomes = rounds(app, course, [disabling(app, user), *refreshing])
        for disabled, *answers in outcomes:
            assert disabled is True
            assert {answer.status for answer in answers} <= {200, 400}  # type: ignore[union-attr]
            new = [each.json for each in answers if each.status == 200]  # type: ignore[union-attr]
            assert not [each for each in (*tokens, *new) if app.is_live(each["access_token"])]
    record(evidence, "disable an account during refreshes", len(outcomes), "invalid_grant")


def test_enabling_beside_a_disabling_ends_in_one_of_both(evidence: Record) -> None:
    """Contenders alternate. The state is that of the last transaction, and each has its mail."""
    with ring_of(TRANSACTION) as (app, course):
        user = app.moto.user(ADA)

        def both() -> bool:
            try:
                changed = disable_account(app.backend, user.id, actor=OPERATOR)
                return enable_account(app.backend, user.id, actor=OPERATOR) or changed
            except Unavailable:
                # The others changed the account at each attempt.
                return False

        outcomes = rounds(app, course, [both] * CONTENDERS, FEWER)
        assert all(any(each) for each in outcomes)
    record(evidence, "disable and enable an account", len(outcomes), "what is left to change")
