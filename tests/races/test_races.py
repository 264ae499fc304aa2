"""Sixteen contenders for one thing, forty rounds, each forced to have read before any writes."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gatehouse import limits
from tests.support.evidence import Record
from tests.support.faults import Snapshot
from tests.support.house import HOME, NEW_PASSWORD, Answer, House
from tests.support.interleaving import CONTENDERS, ROUNDS, Course, Matters, operation
from tests.support.simulation import quick_transactions
from tests.support.world import PASSWORD, new_world

ADA = "ada@example.com"
FEWER = 10
"""Rounds of what is raced beside the single-use things."""

TRANSACTION = operation("transact_write_items")

Outcomes = Counter[tuple[int, str]]


def _address(number: int) -> str:
    return f"203.0.113.{number + 1}"


def _of_session(name: str, request: dict[str, Any]) -> bool:
    return name == "update_item" and request["Key"]["sk"]["S"].startswith("SESSION#")


@contextmanager
def ring_of(matters: Matters, **settings: Any) -> Iterator[tuple[House, Course]]:
    """A house whose contenders wait at a line; limits, which have tests of their own, count nothing
    here: they are half of the calls."""
    with (
        quick_transactions(),
        new_world(**settings) as world,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(limits, "count", lambda *_, **__: None)
        course = Course(matters)
        house = House(world, course.backend(world.backend))
        yield house, course


def _rounds(
    house: House,
    course: Course,
    contender: Callable[[int], Answer],
    check: Callable[[], None],
    rounds: int = ROUNDS,
) -> list[Outcomes]:
    """Every round begins with what is there now, and ends with a look at what came of it."""
    _warm(house)
    _tidy(house)
    snapshot = Snapshot(house.world)
    found = []
    for _ in range(rounds):
        snapshot.restore()
        house.letters.clear()
        answers = course.race([lambda n=n: contender(n) for n in range(CONTENDERS)])  # type: ignore[misc]
        found.append(Counter((answer.status, answer.code) for answer in answers))
        check()
    return found


def _tidy(house: House) -> None:
    """What preparing left behind and no contender looks at goes: every transaction of the
    simulation copies the whole table."""
    for prefix, sort in (("USER#", "EVENT#"), ("LIMIT#", ""), ("OUTBOX", "")):
        for item in house.items(prefix, sort):
            house.world.backend.accounts.table.delete(
                {"pk": item["pk"]["S"], "sk": item["sk"]["S"]}
            )


def _warm(house: House) -> None:
    """Lets every lazy part be made by one thread: a process of Lambda serves one request."""
    house.log_in("nobody@example.com")
    backend = house.backend
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
            "winners a round": "/".join(map(str, sorted(set(winners)))),
            "the others": ", ".join(
                sorted(
                    {code for each in rounds for (status, code) in each if status not in winning}
                )
            )
            or "-",
        },
    )


def test_registering_one_address_makes_one_account(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (house, course):

        def check() -> None:
            assert len(house.items("EMAIL#", "EMAIL")) == len(house.items("USER#", "PROFILE")) == 1
            assert [each["template"] for each in house.post()] == ["welcome"]

        rounds = _rounds(house, course, lambda n: house.register(ADA, address=_address(n)), check)
    assert all(each == {(201, ""): 1, (409, "email_taken"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "register one address", rounds, 201)


def test_one_link_verifies_one_account(evidence: Record) -> None:
    with ring_of(TRANSACTION, require_verified_email=True) as (house, course):
        house.register(ADA)
        body = {"token": house.mailed_token("verify_email"), "password": PASSWORD}
        # Ten tries are all that a link gets: sixteen contenders need it to be patient.
        patient(house)

        def check() -> None:
            assert len(house.items("EMAIL#", "EMAIL")) == len(house.items("USER#", "PROFILE")) == 1
            assert not house.items("EMAIL#", "PENDING#")
            assert [each["template"] for each in house.post()] == ["welcome"]

        rounds = _rounds(
            house,
            course,
            lambda n: house.ask("POST", "/register/verify", body, address=_address(n)),
            check,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "verify with one link", rounds, 204)


def patient(house: House) -> None:
    """Takes back what was tried at the links so far, and then some."""
    for item in house.items("LINK#"):
        house.world.dynamodb.put_item(
            TableName="AccountsTable", Item={**item, "tries": {"N": "-100"}}
        )


def test_two_registrations_of_one_address_make_one_account(evidence: Record) -> None:
    with ring_of(TRANSACTION, require_verified_email=True) as (house, course):
        tokens = []
        for n in range(CONTENDERS):
            house.register(ADA, address=_address(n))
            tokens.append(house.mailed_token("verify_email"))

        def check() -> None:
            assert len(house.items("EMAIL#", "EMAIL")) == len(house.items("USER#", "PROFILE")) == 1

        rounds = _rounds(
            house,
            course,
            lambda n: house.ask(
                "POST",
                "/register/verify",
                {"token": tokens[n], "password": PASSWORD},
                address=_address(n),
            ),
            check,
            rounds=FEWER,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "verify rival registrations", rounds, 204)


def test_one_refresh_token_moves_a_session_once(evidence: Record) -> None:
    successors: set[str] = set()
    with ring_of(_of_session) as (house, course):
        house.world.user(ADA)
        body = {"refresh_token": house.tokens(ADA)["refresh_token"]}

        def contender(number: int) -> Answer:
            answer = house.ask("POST", "/sessions/refresh", body, address=_address(number))
            successors.add(answer.json["refresh_token"])
            return answer

        def check() -> None:
            (session,) = house.items("USER#", "SESSION#")
            assert session["counter"]["N"] == "1"
            assert not session["revoked"]["BOOL"]

        rounds = _rounds(house, course, contender, check)
    assert all(each == {(200, ""): CONTENDERS} for each in rounds)
    assert len(successors) == 1
    evidence(
        "Races",
        {
            "race": "refresh with one token",
            "contenders": CONTENDERS,
            "rounds": len(rounds),
            "winners a round": "1",
            "the others": "the same successor, within 30 s",
        },
    )


def test_one_link_resets_a_password_once(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (house, course):
        house.world.user(ADA)
        house.ask("POST", "/passwords/forgot", {"email": ADA})
        token = house.mailed_token("reset_password")

        def check() -> None:
            chosen = [n for n in range(CONTENDERS) if house.opens(ADA, f"{NEW_PASSWORD} {n}")]
            assert len(chosen) == 1
            assert not house.opens(ADA, PASSWORD)
            assert [each["template"] for each in house.post()] == ["password_changed"]

        rounds = _rounds(
            house,
            course,
            lambda n: house.ask(
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
    with ring_of(TRANSACTION) as (house, course):
        house.world.user(ADA)
        token = house.tokens(ADA)["access_token"]
        body = {"new_email": "ada@example.org", "password": PASSWORD}
        assert house.ask("POST", "/emails/change", body, token=token).status == 202
        ends = [house.mailed_token(each) for each in ("confirm_old_email", "confirm_new_email")]

        def check() -> None:
            guards = [item["pk"]["S"] for item in house.items("EMAIL#", "EMAIL")]
            assert guards == ["EMAIL#ada@example.org"]
            assert house.opens("ada@example.org", PASSWORD)
            assert [each["template"] for each in house.post()] == ["email_changed"]

        # Each end is opened by half of the contenders.
        rounds = _rounds(
            house,
            course,
            lambda n: house.ask(
                "POST", "/emails/confirm", {"token": ends[n % 2]}, address=_address(n)
            ),
            check,
        )
    assert all(each == {(204, ""): 2, (400, "invalid_link"): CONTENDERS - 2} for each in rounds)
    _record(evidence, "confirm both ends of a move", rounds, 204)


def test_many_accounts_that_move_to_one_address(evidence: Record) -> None:
    wanted = "dream@example.org"
    with ring_of(TRANSACTION) as (house, course):
        tokens = []
        for n in range(CONTENDERS):
            mine = f"user{n}@example.com"
            house.world.user(mine)
            token = house.tokens(mine, address=HOME)["access_token"]
            body = {"new_email": wanted, "password": PASSWORD}
            assert house.ask("POST", "/emails/change", body, token=token).status == 202
            new = house.mailed_token("confirm_new_email", wanted)
            old = {"token": house.mailed_token("confirm_old_email", mine)}
            assert house.ask("POST", "/emails/confirm", old).status == 204
            tokens.append(new)

        def check() -> None:
            guards = {item["pk"]["S"] for item in house.items("EMAIL#", "EMAIL")}
            assert len(guards) == CONTENDERS
            assert f"EMAIL#{wanted}" in guards
            owners = [
                item for item in house.items("USER#") if item.get("email", {}).get("S") == wanted
            ]
            assert len([item for item in owners if item["sk"]["S"] == "PROFILE"]) == 1

        rounds = _rounds(
            house,
            course,
            lambda n: house.ask(
                "POST", "/emails/confirm", {"token": tokens[n]}, address=_address(n)
            ),
            check,
        )
    assert all(each == {(204, ""): 1, (400, "invalid_link"): CONTENDERS - 1} for each in rounds)
    _record(evidence, "move to one address", rounds, 204)


def test_a_password_is_changed_once(evidence: Record) -> None:
    with ring_of(TRANSACTION) as (house, course):
        house.world.user(ADA)
        tokens = [house.tokens(ADA, address=_address(n))["access_token"] for n in range(CONTENDERS)]

        def check() -> None:
            chosen = [n for n in range(CONTENDERS) if house.opens(ADA, f"{NEW_PASSWORD} {n}")]
            assert len(chosen) == 1
            live = [n for n in range(CONTENDERS) if house.is_live(tokens[n])]
            assert live == chosen

        rounds = _rounds(
            house,
            course,
            lambda n: house.ask(
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
