"""Sixteen requests race for one account, link or token: each is taken or used exactly once.

Every round forces all contenders to read before any of them writes.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gatehouse import limits
from gatehouse.flows.sign_in import make_room
from gatehouse.stores import users
from harness.functions import Answer
from harness.http_app import HOME, NEW_PASSWORD, HttpApp
from harness.moto_backend import PASSWORD, moto_backend
from tests.support.challenges import solve
from tests.support.evidence import Record
from tests.support.faults import Snapshot
from tests.support.interleaving import CONTENDERS, ROUNDS, Course, Matters, operation
from tests.support.simulation import quick_transactions

ADA = "ada@example.com"
FEWER = max(3, ROUNDS // 4)
"""Rounds of the slower races."""

MOST_SESSIONS = 3
"""Sessions that a user may have here, in place of 100."""

TRANSACTION = operation("transact_write_items")

Outcomes = Counter[tuple[int, str]]


def _address(number: int) -> str:
    return f"203.0.113.{number + 1}"


def _of_session(name: str, request: dict[str, Any]) -> bool:
    return name == "update_item" and request["Key"]["sk"]["S"].startswith("SESSION#")


def _of_second_try(name: str, request: dict[str, Any]) -> bool:
    """Whether a call issues another successor, which every contender tries after it has read."""
    return _of_session(name, request) and ":reissue" in request["ExpressionAttributeValues"]


@contextmanager
def ring_of(matters: Matters, **settings: Any) -> Iterator[tuple[HttpApp, Course]]:
    """Creates an HTTP app whose contenders wait for each other before a call that matters.

    Rate limits are off. They have their own tests and would be half of the calls.
    """
    with (
        quick_transactions(),
        moto_backend(**settings) as moto,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(limits, "count", lambda *_, **__: None)
        course = Course(matters)
        app = HttpApp(moto, course.backend(moto.backend))
        yield app, course


def _rounds(
    app: HttpApp,
    course: Course,
    contender: Callable[[int], Answer],
    check: Callable[[], None],
    rounds: int = ROUNDS,
) -> list[Outcomes]:
    """Runs each round from the present state and checks it. Returns the count of each answer."""
    _warm(app)
    _tidy(app)
    snapshot = Snapshot(app.moto)
    outcomes = []
    for _ in range(rounds):
        snapshot.restore()
        app.mails.clear()
        answers = course.race([lambda n=n: contender(n) for n in range(CONTENDERS)])  # type: ignore[misc]
        outcomes.append(Counter((answer.status, answer.code) for answer in answers))
        check()
    return outcomes


def _tidy(app: HttpApp) -> None:
    """Deletes items that no contender reads: each transaction in moto copies the whole table."""
    for prefix, sort in (("USER#", "EVENT#"), ("LIMIT#", ""), ("OUTBOX", "")):
        for item in app.items(prefix, sort):
            app.moto.backend.accounts.table.delete({"pk": item["pk"]["S"], "sk": item["sk"]["S"]})


def _warm(app: HttpApp) -> None:
    """Initializes every lazy part in one thread: a Lambda process serves one request at a time."""
    app.log_in("nobody@example.com")
    backend = app.backend
    assert backend.keys.refresh_keys
    assert backend.keys._signing_key.get()
    assert backend.keys._verifying_keys.get()


def _record(evidence: Record, race: str, rounds: list[Outcomes], *winning: int) -> None:
    winners = [sum(n for (status, _), n in each.items() if status in winning) for each in rounds]
    evidence(
        "Races",
        {
            "race": race,
            "contenders": CONTENDERS,
            "rounds": len(rounds),
            "winners per round": "/".join(map(str, sorted(set(winners)))),
            "the others get": ", ".join(
                sorted(
                    {code for each in rounds for (status, code) in each if status not in winning}
                )
            )
            or "-",
        },
    )


def test_registering_one_address_makes_one_account(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (app, course):

        def check() -> None:
            assert len(app.items("EMAIL#", "EMAIL")) == len(app.items("USER#", "PROFILE")) == 1
            assert [each["template"] for each in app.post()] == ["welcome"]

        rounds = _rounds(app, course, lambda n: app.register(ADA, address=_address(n)), check)
    assert all(each == {(201, ""): 1, (409, "email_taken"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "register one address", rounds, 201)


def test_one_link_verifies_one_account(evidence: Record) -> None:
    with ring_of(TRANSACTION, require_verified_email=True) as (app, course):
        app.register(ADA)
        body = {"token": app.mailed_token("verify_email"), "password": PASSWORD}
        # A link allows ten tries. Sixteen contenders need more.
        patient(app)

        def check() -> None:
            assert len(app.items("EMAIL#", "EMAIL")) == len(app.items("USER#", "PROFILE")) == 1
            assert not app.items("EMAIL#", "PENDING#")
            assert [each["template"] for each in app.post()] == ["welcome"]

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask("POST", "/register/verify", body, address=_address(n)),
            check,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "verify with one link", rounds, 204)


def _first_code(name: str, request: dict[str, Any]) -> bool:
    return name == "put_item" and request["Item"]["sk"]["S"] == "CODE"


def _codes(app: HttpApp) -> set[str]:
    app.post()
    return {each["values"]["code"] for each in app.mails if each["template"] == "verify_email"}


@pytest.mark.parametrize("expired", [False, True], ids=["no code", "an expired code"])
def test_concurrent_registrations_and_resends_mail_one_code(
    evidence: Record, expired: bool
) -> None:
    with ring_of(_first_code, require_verified_email=True) as (app, course):
        # A registration that waits, so that a resend mails the code too.
        app.register(ADA)
        former = app.mail("verify_email")["values"]["code"]
        if expired:
            app.moto.clock.advance(600)
        else:
            (item,) = app.items("CODE#")
            app.moto.backend.accounts.table.delete({"pk": item["pk"]["S"], "sk": item["sk"]["S"]})

        def contender(number: int) -> Answer:
            place = {"address": _address(number)}
            if number % 2:
                return app.ask("POST", "/register/resend", {"email": ADA}, **place)
            return app.register(ADA, f"{PASSWORD} {number}", **place)

        def check() -> None:
            assert len(app.items("CODE#")) == 1
            (code,) = _codes(app)
            codes.add(code)

        codes: set[str] = set()
        rounds = _rounds(app, course, contender, check)
    assert all(each == {(202, ""): CONTENDERS} for each in rounds)
    assert len(codes - {former}) > 1
    _record(evidence, f"mail the code of one address, with {_state(expired)}", rounds, 202)


def _state(expired: bool) -> str:
    return "an expired one" if expired else "none yet"


def _by_code(code: str, password: str = PASSWORD) -> dict[str, str]:
    return {"email": ADA, "code": code, "password": password}


@pytest.mark.parametrize("beside", ["code", "link"])
def test_one_code_verifies_one_account(evidence: Record, beside: str) -> None:
    with ring_of(TRANSACTION, require_verified_email=True) as (app, course):
        app.register(ADA)
        by_code = _by_code(app.mail("verify_email")["values"]["code"])
        by_link = {"token": app.mailed_token("verify_email"), "password": PASSWORD}
        proofs = (by_code, by_code if beside == "code" else by_link)
        patient(app)

        def check() -> None:
            assert len(app.items("EMAIL#", "EMAIL")) == len(app.items("USER#", "PROFILE")) == 1
            assert not app.items("CODE#")
            assert not app.items("EMAIL#", "PENDING#")
            assert [each["template"] for each in app.post()] == ["welcome"]

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask("POST", "/register/verify", proofs[n % 2], address=_address(n)),
            check,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    name = "verify with one code" if beside == "code" else "verify with a code and its link"
    _record(evidence, name, rounds, 204)


def _try_of_code(name: str, request: dict[str, Any]) -> bool:
    return name == "update_item" and request["Key"]["sk"]["S"] == "CODE"


def test_sixteen_tries_at_one_code_are_ten(evidence: Record) -> None:
    with ring_of(_try_of_code, require_verified_email=True) as (app, course):
        app.register(ADA)
        body = _by_code(app.mail("verify_email")["values"]["code"], "a wrong password, with a code")

        def check() -> None:
            (item,) = app.items("CODE#")
            assert item["tries"]["N"] == "10"

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask("POST", "/register/verify", body, address=_address(n)),
            check,
        )
    wrong = (401, "invalid_credentials")
    assert all(each == {wrong: 10, (400, "invalid_link"): CONTENDERS - 10} for each in rounds)
    _record(evidence, "try one code", rounds, 401)


def patient(app: HttpApp) -> None:
    """Sets the tries of all links and codes so low that no contender reaches the limit."""
    for item in [*app.items("LINK#"), *app.items("CODE#")]:
        app.moto.dynamodb.put_item(TableName="AccountsTable", Item={**item, "tries": {"N": "-100"}})


def test_two_registrations_of_one_address_make_one_account(evidence: Record) -> None:
    with ring_of(TRANSACTION, require_verified_email=True) as (app, course):
        tokens = []
        for n in range(CONTENDERS):
            app.register(ADA, address=_address(n))
            tokens.append(app.mailed_token("verify_email"))

        def check() -> None:
            assert len(app.items("EMAIL#", "EMAIL")) == len(app.items("USER#", "PROFILE")) == 1

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask(
                "POST",
                "/register/verify",
                {"token": tokens[n], "password": PASSWORD},
                address=_address(n),
            ),
            check,
            rounds=FEWER,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "verify competing registrations of one address", rounds, 204)


def _of_challenge(name: str, request: dict[str, Any]) -> bool:
    return name == "update_item" and request["Key"]["pk"]["S"].startswith("LIMIT#challenge#")


def test_one_solved_challenge_admits_one_request(evidence: Record) -> None:
    settings: dict[str, Any] = {"require_verified_email": True, "challenge": "always"}
    with ring_of(_of_challenge, **settings) as (app, course):
        body = {"email": ADA}
        challenge = app.ask("POST", "/register/resend", body).json["challenge"]
        body["solution"] = solve(challenge)

        def check() -> None:
            assert [each["template"] for each in app.post()] == ["nothing"]

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask("POST", "/register/resend", body, address=_address(n)),
            check,
        )
    refused = (428, "challenge_failed")
    assert all(each == {(202, ""): 1, refused: CONTENDERS - 1} for each in rounds)
    _record(evidence, "use one solved challenge", rounds, 202)


def _of_budget(name: str, request: dict[str, Any]) -> bool:
    return name == "update_item" and request["Key"]["pk"]["S"].startswith("LIMIT#mails#")


def test_last_mails_of_a_budget_are_drawn_once(evidence: Record) -> None:
    settings: dict[str, Any] = {"require_verified_email": True, "challenge": "never"}
    with ring_of(_of_budget, mail_budget=2, **settings) as (app, course):

        def check() -> None:
            assert len(app.post()) == 4

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask(
                "POST", "/register/resend", {"email": f"user{n}@example.com"}, address=_address(n)
            ),
            check,
        )
    spent = (503, "mails_exhausted")
    assert all(each == {(202, ""): 4, spent: CONTENDERS - 4} for each in rounds)
    _record(evidence, "draw the last four mails of a budget", rounds, 202)


def test_one_refresh_token_moves_a_session_once(evidence: Record) -> None:
    successors: set[str] = set()
    with ring_of(_of_session) as (app, course):
        app.moto.user(ADA)
        body = {"refresh_token": app.tokens(ADA)["refresh_token"]}

        def contender(number: int) -> Answer:
            answer = app.ask("POST", "/sessions/refresh", body, address=_address(number))
            successors.add(answer.json["refresh_token"])
            return answer

        def check() -> None:
            (session,) = app.items("USER#", "SESSION#")
            assert session["counter"]["N"] == "1"
            assert not session["revoked"]["BOOL"]

        rounds = _rounds(app, course, contender, check)
    assert all(each == {(200, ""): CONTENDERS} for each in rounds)
    assert len(successors) == 1
    evidence(
        "Races",
        {
            "race": "refresh with one token",
            "contenders": CONTENDERS,
            "rounds": len(rounds),
            "winners per round": "1",
            "the others get": "the same new token, within 30 s",
        },
    )


def test_one_lost_answer_gives_way_to_one_new_token(evidence: Record) -> None:
    successors: set[str] = set()
    with ring_of(_of_second_try) as (app, course):
        app.moto.user(ADA)
        body = {"refresh_token": app.tokens(ADA)["refresh_token"]}
        lost = app.ask("POST", "/sessions/refresh", body).json["refresh_token"]
        app.moto.clock.advance(31)

        def contender(number: int) -> Answer:
            answer = app.ask("POST", "/sessions/refresh", body, address=_address(number))
            successors.add(answer.json["refresh_token"])
            return answer

        def check() -> None:
            (session,) = app.items("USER#", "SESSION#")
            assert session["counter"]["N"] == "2"
            assert not session["revoked"]["BOOL"]

        rounds = _rounds(app, course, contender, check)
    assert all(each == {(200, ""): CONTENDERS} for each in rounds)
    assert len(successors) == 1
    assert lost not in successors
    evidence(
        "Races",
        {
            "race": "refresh again after a lost answer",
            "contenders": CONTENDERS,
            "rounds": len(rounds),
            "winners per round": "1",
            "the others get": "the same new token, within 30 s",
        },
    )


def test_token_and_its_lost_successor_never_both_go_on(evidence: Record) -> None:
    with ring_of(_of_session) as (app, course):
        app.moto.user(ADA)
        first = app.tokens(ADA)["refresh_token"]
        lost = app.ask("POST", "/sessions/refresh", {"refresh_token": first}).json["refresh_token"]
        app.moto.clock.advance(31)

        def check() -> None:
            assert not [
                item for item in app.items("USER#", "SESSION#") if not item["revoked"]["BOOL"]
            ]
            assert [each["template"] for each in app.post()] == ["session_revoked"]

        # Half of the contenders hold the token, the others the successor that was thought lost.
        rounds = _rounds(
            app,
            course,
            lambda n: app.ask(
                "POST",
                "/sessions/refresh",
                {"refresh_token": (first, lost)[n % 2]},
                address=_address(n),
            ),
            check,
        )
    assert all(set(each) <= {(200, ""), (400, "invalid_grant")} for each in rounds)
    assert all(each[400, "invalid_grant"] for each in rounds)
    evidence(
        "Races",
        {
            "race": "refresh with a token and with its lost successor",
            "contenders": CONTENDERS,
            "rounds": len(rounds),
            "winners per round": "0: the session ends",
            "the others get": "invalid_grant",
        },
    )


def test_sign_ins_are_never_more_than_allowed(
    evidence: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_room, "MAX_SESSIONS", MOST_SESSIONS)
    monkeypatch.setattr(users, "MAX_SESSIONS", MOST_SESSIONS)
    with ring_of(TRANSACTION) as (app, course):
        app.moto.user(ADA)
        for _ in range(MOST_SESSIONS):
            app.tokens(ADA)

        def check() -> None:
            assert len(app.items("USER#", "SESSION#")) == MOST_SESSIONS

        rounds = _rounds(
            app, course, lambda n: app.log_in(ADA, address=_address(n)), check, rounds=FEWER
        )
    assert all(each == {(200, ""): CONTENDERS} for each in rounds)
    evidence(
        "Races",
        {
            "race": "sign in with as many sessions as allowed",
            "contenders": CONTENDERS,
            "rounds": len(rounds),
            "winners per round": CONTENDERS,
            "the others get": "-; each ends the oldest session",
        },
    )


def test_one_link_resets_a_password_once(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (app, course):
        app.moto.user(ADA)
        app.ask("POST", "/passwords/forgot", {"email": ADA})
        token = app.mailed_token("reset_password")

        def check() -> None:
            chosen = [n for n in range(CONTENDERS) if app.opens(ADA, f"{NEW_PASSWORD} {n}")]
            assert len(chosen) == 1
            assert not app.opens(ADA, PASSWORD)
            assert [each["template"] for each in app.post()] == ["password_changed"]

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask(
                "POST",
                "/passwords/reset",
                {"token": token, "password": f"{NEW_PASSWORD} {n}"},
                address=_address(n),
            ),
            check,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "reset with one link", rounds, 204)


def test_both_ends_of_a_move_confirm_at_the_same_time(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (app, course):
        app.moto.user(ADA)
        token = app.tokens(ADA)["access_token"]
        body = {"new_email": "ada@example.org", "password": PASSWORD}
        assert app.ask("POST", "/emails/change", body, token=token).status == 202
        ends = [app.mailed_token(each) for each in ("confirm_old_email", "confirm_new_email")]

        def check() -> None:
            guards = [item["pk"]["S"] for item in app.items("EMAIL#", "EMAIL")]
            assert guards == ["EMAIL#ada@example.org"]
            assert app.opens("ada@example.org", PASSWORD)
            assert [each["template"] for each in app.post()] == ["email_changed"]

        # Half of the contenders use the link sent to each address.
        rounds = _rounds(
            app,
            course,
            lambda n: app.ask(
                "POST", "/emails/confirm", {"token": ends[n % 2]}, address=_address(n)
            ),
            check,
        )
    assert all(each == {(204, ""): 2, (400, "invalid_link"): CONTENDERS - 2} for each in rounds)
    _record(evidence, "confirm an email change from both addresses", rounds, 204)


def test_many_accounts_that_move_to_one_address(evidence: Record) -> None:
    wanted = "dream@example.org"
    with ring_of(TRANSACTION) as (app, course):
        tokens = []
        for n in range(CONTENDERS):
            mine = f"user{n}@example.com"
            app.moto.user(mine)
            token = app.tokens(mine, address=HOME)["access_token"]
            body = {"new_email": wanted, "password": PASSWORD}
            assert app.ask("POST", "/emails/change", body, token=token).status == 202
            new = app.mailed_token("confirm_new_email", wanted)
            old = {"token": app.mailed_token("confirm_old_email", mine)}
            assert app.ask("POST", "/emails/confirm", old).status == 204
            tokens.append(new)

        def check() -> None:
            guards = {item["pk"]["S"] for item in app.items("EMAIL#", "EMAIL")}
            assert len(guards) == CONTENDERS
            assert f"EMAIL#{wanted}" in guards
            owners = [
                item for item in app.items("USER#") if item.get("email", {}).get("S") == wanted
            ]
            assert len([item for item in owners if item["sk"]["S"] == "PROFILE"]) == 1

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask("POST", "/emails/confirm", {"token": tokens[n]}, address=_address(n)),
            check,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "change many accounts to one address", rounds, 204)


def test_a_password_is_changed_once(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (app, course):
        app.moto.user(ADA)
        tokens = [app.tokens(ADA, address=_address(n))["access_token"] for n in range(CONTENDERS)]

        def check() -> None:
            chosen = [n for n in range(CONTENDERS) if app.opens(ADA, f"{NEW_PASSWORD} {n}")]
            assert len(chosen) == 1
            live = [n for n in range(CONTENDERS) if app.is_live(tokens[n])]
            assert live == chosen

        rounds = _rounds(
            app,
            course,
            lambda n: app.ask(
                "PUT",
                "/password",
                {"current_password": PASSWORD, "new_password": f"{NEW_PASSWORD} {n}"},
                token=tokens[n],
                address=_address(n),
            ),
            check,
            rounds=FEWER,
        )
    assert all(each == {(204, ""): 1, (401, "invalid_password"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "change a password", rounds, 204)


def _trusting(name: str, request: dict[str, Any]) -> bool:
    """Whether a call is the first write of a sign-in or of a reset."""
    if name == "update_item":
        return bool(request["Key"]["pk"]["S"].startswith("LIMIT#mark#"))
    return name == "transact_write_items"


@pytest.mark.parametrize("place", ["before their trust", "before their session"])
def test_sign_ins_with_the_old_password_leave_nothing_after_a_reset(
    place: str, evidence: Record
) -> None:
    with ring_of(_trusting if place == "before their trust" else TRANSACTION) as (app, course):
        app.moto.user(ADA)
        app.ask("POST", "/passwords/forgot", {"email": ADA})
        reset = {"token": app.mailed_token("reset_password"), "password": NEW_PASSWORD}

        def contender(number: int) -> Answer:
            if number == 7:
                return app.ask("POST", "/passwords/reset", reset, address=HOME)
            return app.log_in(ADA, address=_address(number + 20), agent=f"thief {number}")

        def check() -> None:
            (user,) = app.items("USER#", "PROFILE")
            assert user["devices"]["M"] == {}
            (trusted,) = app.items("LIMIT#mark#")
            assert len(trusted["networks"]["M"]) == 1
            sessions = app.items("USER#", "SESSION#")
            assert all(int(each["token_epoch"]["N"]) == 0 for each in sessions)

        rounds = _rounds(app, course, contender, check, FEWER)
    assert all(each[(204, "")] == 1 for each in rounds)
    _record(evidence, f"a reset and sign-ins with the old password, {place}", rounds, 204)


def test_wrong_passwords_at_the_same_moment_are_all_counted(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (app, course):
        app.moto.user(ADA)

        def check() -> None:
            (event,) = app.items("USER#", "EVENT#")
            assert event["count"]["N"] == str(CONTENDERS)

        rounds = _rounds(
            app, course, lambda n: app.log_in(ADA, "wrong", address=_address(n)), check, FEWER
        )
    assert all(each == {(401, "invalid_credentials"): CONTENDERS} for each in rounds)
    _record(evidence, "wrong passwords for one account", rounds, 401)
