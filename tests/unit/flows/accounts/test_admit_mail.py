"""Admit mails: the budgets of an hour, their reserves, and who waits for which."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from gatehouse import challenges, limits
from gatehouse.backend.root import Backend
from gatehouse.errors import ChallengeRequired, MailsExhausted, Unavailable
from gatehouse.flows.accounts import admit_mail
from gatehouse.flows.accounts.admit_mail import CHANGE_EMAIL, FORGOT, REGISTER, RESEND, Purpose
from gatehouse.identity import Device
from harness.moto_backend import START, MotoBackend
from tests.support.calls import broken, recorded
from tests.support.challenges import solve, use_up
from tests.support.people import PHONE

ADA = "ada@example.com"
HOME = Device("203.0.113.5", "at home")
BY_BUDGET = [(REGISTER, "strangers"), (RESEND, "strangers"), (CHANGE_EMAIL, "strangers")]
EVERY = [*BY_BUDGET, (FORGOT, "resets")]

every_purpose = pytest.mark.parametrize(("purpose", "budget"), EVERY, ids=str)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "COST", 10)


def backend_of(moto: MotoBackend, mode: str, budget: int = 2, **others: Any) -> Backend:
    settings: Any = {"challenge": mode, "mail_budget": budget, **others}
    return replace(moto.backend, settings=replace(moto.backend.settings, **settings))


def ask(backend: Backend, purpose: Purpose = REGISTER, device: Device = PHONE) -> str:
    """Asks for a mail, and solves the challenge if there is one. Returns how it went."""
    try:
        admit_mail.admit_mail(backend, purpose, ADA, None, device)
    except ChallengeRequired as refused:
        solution = solve(refused.challenge)
    except MailsExhausted:
        return "exhausted"
    else:
        return "open"
    try:
        admit_mail.admit_mail(backend, purpose, ADA, solution, device)
    except MailsExhausted:
        return "solved, exhausted"
    return "solved"


@every_purpose
def test_mails_need_a_challenge_once_the_budget_is_used_up(
    moto: MotoBackend, purpose: Purpose, budget: str
) -> None:
    backend = backend_of(moto, "under-load")
    ways = [ask(backend, purpose) for _ in range(5)]
    assert ways == ["open", "open", "solved", "solved", "solved, exhausted"]


def test_mails_need_no_challenge_where_there_is_none(moto: MotoBackend) -> None:
    backend = backend_of(moto, "never")
    assert [ask(backend) for _ in range(5)] == ["open"] * 4 + ["exhausted"]


def test_mails_always_need_a_challenge_where_the_operator_wants_it(moto: MotoBackend) -> None:
    backend = backend_of(moto, "always")
    ways = [ask(backend) for _ in range(5)]
    assert ways == ["solved"] * 4 + ["solved, exhausted"]


def test_request_without_a_solution_draws_nothing_from_the_reserve(moto: MotoBackend) -> None:
    backend = backend_of(moto, "under-load")
    use_up(backend, "strangers", "open")
    for _ in range(9):
        with pytest.raises(ChallengeRequired):
            admit_mail.admit_mail(backend, REGISTER, ADA, None, PHONE)
    assert ask(backend) == "solved"


@pytest.mark.parametrize(("purpose", "budget"), BY_BUDGET, ids=str)
def test_resets_do_not_wait_behind_strangers(
    moto: MotoBackend, purpose: Purpose, budget: str
) -> None:
    backend = backend_of(moto, "never")
    while ask(backend, purpose) == "open":
        pass
    assert ask(backend, FORGOT) == "open"


def test_strangers_do_not_wait_behind_resets(moto: MotoBackend) -> None:
    backend = backend_of(moto, "never")
    use_up(backend, "resets", "open", "reserve")
    assert ask(backend, REGISTER) == "open"


def test_owner_at_home_waits_for_no_budget_of_resets(moto: MotoBackend) -> None:
    backend = backend_of(moto, "under-load")
    limits.trust(backend, moto.user(ADA), HOME)
    use_up(backend, "resets", "open", "reserve")
    assert ask(backend, FORGOT, HOME) == "open"
    assert ask(backend, FORGOT, PHONE) == "solved, exhausted"


@pytest.mark.parametrize(("purpose", "budget"), BY_BUDGET, ids=str)
def test_home_of_an_account_is_no_way_around_the_budget_of_strangers(
    moto: MotoBackend, purpose: Purpose, budget: str
) -> None:
    backend = backend_of(moto, "never")
    limits.trust(backend, moto.user(ADA), HOME)
    use_up(backend, budget, "open", "reserve")
    assert ask(backend, purpose, HOME) == "exhausted"


@pytest.mark.parametrize(("passed", "wait"), [(0, 3_600), (1, 3_599), (3_599, 1)])
def test_refusal_says_when_the_next_hour_begins(moto: MotoBackend, passed: int, wait: int) -> None:
    assert START % 3_600 == 0
    backend = backend_of(moto, "never")
    moto.clock.advance(passed)
    use_up(backend, "strangers", "open", "reserve")
    with pytest.raises(MailsExhausted) as refused:
        admit_mail.admit_mail(backend, REGISTER, ADA, None, PHONE)
    assert refused.value.retry_after == wait


def test_next_hour_has_budgets_of_its_own(moto: MotoBackend) -> None:
    backend = backend_of(moto, "never")
    use_up(backend, "strangers", "open", "reserve")
    moto.clock.advance(3_600)
    assert ask(backend) == "open"


def test_budget_is_multiplied_by_the_factor(moto: MotoBackend) -> None:
    backend = backend_of(moto, "never", budget=1, limit_factor=2)
    assert [ask(backend) for _ in range(5)] == ["open"] * 4 + ["exhausted"]


def test_budget_that_is_used_up_is_logged_for_the_alarm(
    moto: MotoBackend, caplog: pytest.LogCaptureFixture
) -> None:
    backend = backend_of(moto, "never", budget=1)
    ask(backend)
    assert caplog.records == []
    ask(backend)
    (record,) = caplog.records
    # The operator may turn warnings off, but not errors.
    assert (record.message, record.levelno) == (admit_mail.USED_UP, logging.ERROR)
    assert vars(record)["budget"] == "strangers"


def test_admission_costs_one_call(moto: MotoBackend) -> None:
    backend = backend_of(moto, "under-load")
    with recorded() as calls:
        ask(backend)
    assert [call.operation for call in calls] == ["UpdateItem"]


def test_budget_that_cannot_be_read_refuses(moto: MotoBackend) -> None:
    with broken("UpdateItem"), pytest.raises(Unavailable):
        ask(backend_of(moto, "under-load"))


def test_counters_of_budgets_are_cleaned_away(moto: MotoBackend) -> None:
    with recorded() as calls:
        ask(backend_of(moto, "under-load"))
    assert calls[0].params["ExpressionAttributeValues"][":ttl"] == {"N": str(START + 7_200)}
