"""Resend: a fresh mail for whoever waits, silence for everybody else."""

from typing import Any

import pytest

from gatehouse.errors import InvalidLink
from gatehouse.flows.accounts.register import Register, register
from gatehouse.flows.accounts.resend_verification import ResendVerification, resend_verification
from gatehouse.flows.accounts.verify_registration import VerifyRegistration, verify_registration
from gatehouse.stores.registrations import LIFE
from tests.support.calls import broken, recorded
from tests.support.people import PHONE, letters, token_in
from tests.support.world import PASSWORD, World

EMAIL = "ada@example.com"


def ask(world: World, password: str = PASSWORD) -> dict[str, Any]:
    request = Register.model_validate({"email": EMAIL, "password": password})
    register(world.backend, request, PHONE)
    return letters(world)["verify_email"]


def resend(world: World, email: str = EMAIL) -> None:
    resend_verification(world.backend, ResendVerification.model_validate({"email": email}))


def verify(world: World, mail: dict[str, Any], password: str = PASSWORD) -> None:
    body = {"token": token_in(mail), "password": password}
    verify_registration(world.backend, VerifyRegistration.model_validate(body), PHONE)


def test_fresh_link_makes_the_account(strict_world: World) -> None:
    first = ask(strict_world)
    resend(strict_world)
    second = letters(strict_world)["verify_email"]
    assert second["values"]["link"] != first["values"]["link"]
    verify(strict_world, second)


def test_earlier_link_is_dead_after_the_fresh_one_was_used(strict_world: World) -> None:
    first = ask(strict_world)
    resend(strict_world)
    verify(strict_world, letters(strict_world)["verify_email"])
    with pytest.raises(InvalidLink):
        verify(strict_world, first)


def test_latest_registration_is_the_one_that_is_mailed(strict_world: World) -> None:
    ask(strict_world, "pumpkin of the first one")
    strict_world.clock.advance(1)
    ask(strict_world, "pumpkin of the second one")
    resend(strict_world)
    verify(strict_world, letters(strict_world)["verify_email"], "pumpkin of the second one")


def test_stranger_gets_no_mail(strict_world: World) -> None:
    resend(strict_world)
    assert list(letters(strict_world)) == ["nothing"]


def test_owner_of_an_account_gets_no_mail(strict_world: World) -> None:
    ask(strict_world)
    strict_world.user(EMAIL)
    resend(strict_world)
    assert list(letters(strict_world)) == ["nothing"]


def test_registration_that_is_too_old_gets_no_mail(strict_world: World) -> None:
    ask(strict_world)
    strict_world.clock.advance(LIFE)
    resend(strict_world)
    assert list(letters(strict_world)) == ["nothing"]


def test_calls_are_the_same_for_waiting_and_unknown_addresses(strict_world: World) -> None:
    ask(strict_world)
    shapes = []
    for email in (EMAIL, "eve@example.com"):
        with recorded() as calls:
            resend(strict_world, email)
        shapes.append(
            [(call.operation, len(call.params.get("TransactItems", ()))) for call in calls]
        )
    assert shapes[0] == shapes[1]


def test_mail_waits_while_the_queue_does_not_answer(strict_world: World) -> None:
    ask(strict_world)
    with broken("SendMessage"):
        resend(strict_world)
    assert [item["pk"]["S"] for item in strict_world.accounts()].count("OUTBOX") == 1
