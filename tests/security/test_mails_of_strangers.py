"""Strangers cannot flood a mailbox, use up the service's mail quota, or learn who has an account by
trying. Each attack counts the mails that it causes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from gatehouse import challenges
from harness.functions import Answer
from harness.http_app import ELSEWHERE, HOME, HttpApp
from harness.moto_backend import PASSWORD, moto_backend
from tests.security.conftest import Watched, look_at, watched
from tests.support.challenges import packed, solve, use_up
from tests.support.faults import Wire

ADA, NOBODY = "ada@example.com", "nobody@example.com"
REQUESTS = {
    "register": ("/register", {"password": PASSWORD}),
    "resend": ("/register/resend", {}),
    "forgot": ("/passwords/forgot", {}),
}
BUDGETS = {"register": "strangers", "resend": "strangers", "forgot": "resets"}

every_request = pytest.mark.parametrize("kind", REQUESTS)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "COST", 10)


def ask(app: HttpApp, kind: str, email: str, address: str = ELSEWHERE, **more: Any) -> Answer:
    path, rest = REQUESTS[kind]
    return app.ask("POST", path, {"email": email, **rest, **more}, address=address)


@contextmanager
def limited_app(**settings: Any) -> Iterator[Watched]:
    settings = {"require_verified_email": True, "mail_budget": 2, **settings}
    with moto_backend(**settings) as moto, watched(moto) as app:
        app.moto.user(ADA)
        yield app


@pytest.fixture
def small() -> Iterator[Watched]:
    """An app whose mail budgets are small."""
    with limited_app() as app:
        yield app


@pytest.fixture
def under_load(small: Watched) -> Watched:
    """An app whose open mail budgets are used up."""
    for budget in ("strangers", "resets"):
        use_up(small.moto.backend, budget, "open")
    return small


def mails_to(app: HttpApp, box: Callable[[str], bool]) -> int:
    app.post()
    return len([mail for mail in app.mails if box(mail["to"])])


# One mailbox.


def test_an_owner_is_not_flooded_from_many_addresses(strict_app: Watched) -> None:
    app = strict_app
    app.moto.user(ADA)
    for n in range(60):
        ask(app, list(REQUESTS)[n % 3], ADA, f"198.51.100.{n}")
    assert mails_to(app, lambda to: to == ADA) <= 10


def test_an_owner_is_not_flooded_from_the_own_places(strict_app: Watched) -> None:
    app = strict_app
    app.moto.user(ADA)
    homes = [f"203.0.113.{n}" for n in range(8)]
    for home in homes:
        app.tokens(ADA, address=home)
    app.post()
    app.mails.clear()
    for n in range(120):
        address = homes[n % 8] if n % 2 else f"198.51.100.{n}"
        ask(app, list(REQUESTS)[n % 3], ADA, address)
    assert mails_to(app, lambda to: to == ADA) <= 15


@pytest.mark.parametrize(
    ("alias", "box"),
    [
        ("eve+{n}@example.com", "eve@example.com"),
        ("eve+{n}+x@example.com", "eve@example.com"),
        ("EVE+{n}@example.com", "eve@example.com"),
        ("e.v.e+{n}@gmail.com", "eve@gmail.com"),
        ("ev.e+{n}@googlemail.com", "eve@gmail.com"),
    ],
)
def test_a_mailbox_is_not_flooded_by_its_aliases(strict_app: Watched, alias: str, box: str) -> None:
    app = strict_app
    for n in range(40):
        ask(app, "register", alias.format(n=n), f"198.51.100.{n}")
    app.post()
    assert 0 < len(app.mails) <= 10


def test_a_mailbox_is_not_flooded_by_dots(strict_app: Watched) -> None:
    app = strict_app
    name = "abcdefgh"
    for n in range(1, 40):
        dotted = name[0] + "".join(
            ("." if n >> i & 1 else "") + letter for i, letter in enumerate(name[1:])
        )
        ask(app, "register", f"{dotted}@gmail.com", f"198.51.100.{n}")
    app.post()
    assert len(app.mails) == 10


def test_aliases_stay_accounts_of_their_own(app: Watched) -> None:
    for email in ("eve@gmail.com", "e.ve@gmail.com", "eve+1@gmail.com"):
        assert app.register(email).status == 201
        assert app.log_in(email).status == 200


def test_a_flood_from_elsewhere_does_not_keep_the_owner_from_a_reset(strict_app: Watched) -> None:
    app = strict_app
    app.moto.user(ADA)
    app.tokens(ADA, address=HOME)
    for n in range(40):
        ask(app, "forgot", ADA, f"198.51.100.{n}")
        ask(app, "register", ADA, f"198.51.100.{n}")
    assert ask(app, "forgot", ADA, HOME).status == 202


# All mails.


@every_request
@pytest.mark.parametrize("mode", ["never", "under-load", "always"])
def test_all_strangers_together_cause_no_more_mails_than_the_budget(
    kind: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with limited_app(challenge=mode, mail_budget=3) as app:
        # An answer of 503 is right here, and the watch would not accept it.
        plain = HttpApp(app.moto, app.backend)
        accepted = 0
        for n in range(10):
            address, email = f"198.51.100.{n}", f"user{n}@example.com"
            answer = ask(plain, kind, email, address)
            if answer.code == "challenge_required":
                solution = solve(answer.json["challenge"])
                answer = ask(plain, kind, email, address, solution=solution)
            look_at(answer)
            accepted += answer.status == 202
        assert accepted == 6
        assert (answer.status, answer.code) == (503, "mails_exhausted")
        assert 0 < int(answer.headers["retry-after"]) <= 3_600
        plain.post()
        assert len(plain.mails) <= 6


def test_a_flood_of_registrations_does_not_hold_up_resets_and_notices(small: Watched) -> None:
    app = small
    use_up(app.moto.backend, "strangers", "open", "reserve")
    assert ask(app, "forgot", ADA).status == 202
    tokens = app.tokens(ADA, address=HOME)
    change = {"current_password": PASSWORD, "new_password": "a quite different passphrase"}
    answer = app.ask("PUT", "/password", change, token=tokens["access_token"], address=HOME)
    assert answer.status == 204
    app.post()
    assert {mail["template"] for mail in app.mails} >= {"reset_password", "password_changed"}


def test_a_flood_of_resets_does_not_hold_up_the_owner_at_home(small: Watched) -> None:
    app = small
    app.tokens(ADA, address=HOME)
    use_up(app.moto.backend, "resets", "open", "reserve")
    assert ask(app, "forgot", ADA, HOME).status == 202


def test_a_signed_in_stranger_draws_from_the_budget_too(under_load: Watched) -> None:
    app = under_load
    token = app.tokens(ADA)["access_token"]
    body = {"new_email": NOBODY, "password": PASSWORD}
    answer = app.ask("POST", "/emails/change", body, token=token)
    assert (answer.status, answer.code) == (428, "challenge_required")
    solved = {**body, "solution": solve(answer.json["challenge"])}
    assert app.ask("POST", "/emails/change", solved, token=token).status == 202


# Challenges.


@every_request
def test_a_challenge_is_solved_in_one_more_round_trip(under_load: Watched, kind: str) -> None:
    answer = ask(under_load, kind, NOBODY)
    assert (answer.status, answer.code) == (428, "challenge_required")
    solution = solve(answer.json["challenge"])
    assert ask(under_load, kind, NOBODY, solution=solution).status == 202


@every_request
def test_replayed_solution_is_refused(under_load: Watched, kind: str) -> None:
    solution = solve(ask(under_load, kind, NOBODY).json["challenge"])
    assert ask(under_load, kind, NOBODY, solution=solution).status == 202
    again = ask(under_load, kind, NOBODY, solution=solution)
    assert (again.status, again.code) == (428, "challenge_failed")


@every_request
def test_solution_is_not_carried_to_another_request(under_load: Watched, kind: str) -> None:
    app = under_load
    solution = solve(ask(app, kind, NOBODY).json["challenge"])
    others = [(other, NOBODY) for other in REQUESTS if other != kind] + [(kind, "eve@example.com")]
    for other, email in others:
        assert ask(app, other, email, solution=solution).code == "challenge_failed"


def test_solution_that_is_too_late_is_refused(under_load: Watched) -> None:
    app = under_load
    solution = solve(ask(app, "register", NOBODY).json["challenge"])
    app.moto.clock.advance(600)
    assert ask(app, "register", NOBODY, solution=solution).code == "challenge_failed"


def test_challenge_without_an_end_is_refused(under_load: Watched) -> None:
    challenge = ask(under_load, "register", NOBODY).json["challenge"]
    challenge["parameters"]["expiresAt"] += 10**6
    answer = ask(under_load, "register", NOBODY, solution=solve(challenge))
    assert answer.code == "challenge_failed"


def test_challenge_of_the_client_s_own_making_is_refused(under_load: Watched) -> None:
    challenge = ask(under_load, "register", NOBODY).json["challenge"]
    easy = {**challenge["parameters"], "cost": 1, "keyPrefix": ""}
    forged = packed({"parameters": easy, "signature": challenge["signature"]}, counter=0)
    assert ask(under_load, "register", NOBODY, solution=forged).code == "challenge_failed"


@pytest.mark.parametrize(
    "solution", ["", " ", "é", "\x7f", "e30=", "null", "A" * 4_096, "' OR 1=1 --", "LIMIT#x#0"]
)
@every_request
def test_junk_for_a_solution_is_refused(under_load: Watched, kind: str, solution: str) -> None:
    assert ask(under_load, kind, NOBODY, solution=solution).code == "challenge_failed"


@pytest.mark.parametrize("solution", ["A" * 4_097, 5, True, [], {}, {"$ne": ""}])
@every_request
def test_solution_of_another_kind_is_invalid_input(
    under_load: Watched, kind: str, solution: object
) -> None:
    answer = ask(under_load, kind, NOBODY, solution=solution)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/solution")


def test_challenge_is_demanded_before_anything_is_hashed(
    under_load: Watched, hashes: list[str]
) -> None:
    hashes.clear()
    assert ask(under_load, "register", NOBODY).status == 428
    assert ask(under_load, "register", NOBODY, solution="x").status == 428
    assert hashes == []


def test_challenges_are_limited_like_the_requests_that_get_them(under_load: Watched) -> None:
    statuses = [ask(under_load, "register", f"user{n}@example.com").status for n in range(21)]
    assert statuses == [428] * 20 + [429]


# Enumeration.


@every_request
@pytest.mark.parametrize("parts", [("open",), ("open", "reserve")])
def test_known_and_unknown_are_challenged_alike(
    small: Watched, kind: str, parts: tuple[str, ...]
) -> None:
    app = small
    use_up(app.moto.backend, BUDGETS[kind], *parts)
    wire = Wire()
    plain = HttpApp(app.moto, wire.backend(replace(app.moto.backend)))
    prices = []
    ask(plain, kind, "warm@example.com")
    for email in (ADA, NOBODY):
        wire.clear()
        challenged = ask(plain, kind, email)
        assert challenged.code == "challenge_required"
        solution = solve(challenged.json["challenge"])
        answer = ask(plain, kind, email, solution=solution)
        calls = [call.operation for call in wire.calls]
        prices.append((answer.status, answer.code, set(challenged.json), calls))
    assert prices[0] == prices[1]
    assert prices[0][0] == (202 if parts == ("open",) else 503)


@every_request
def test_known_and_unknown_draw_the_same_from_the_budget(small: Watched, kind: str) -> None:
    counts = []
    for email in (ADA, NOBODY):
        ask(small, kind, email)
        rows = small.moto.dynamodb.scan(TableName="AccountsTable")["Items"]
        counts.append(
            sorted(row["count"]["N"] for row in rows if row["pk"]["S"].startswith("LIMIT#mails#"))
        )
    assert counts == [["1"], ["2"]]
