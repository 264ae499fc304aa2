"""Resend: a fresh email for an address that is waiting, and none for any other."""

from typing import Any

import pytest

from gatehouse.errors import InvalidLink
from gatehouse.flows.accounts.register import Register, register
from gatehouse.flows.accounts.resend_verification import ResendVerification, resend_verification
from gatehouse.flows.accounts.verify_registration import VerifyRegistration, verify_registration
from gatehouse.stores.registrations import LIFE
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.calls import broken, recorded
from tests.support.people import PHONE, mails, token_in

EMAIL = "ada@example.com"


def ask(moto: MotoBackend, password: str = PASSWORD) -> dict[str, Any]:
    request = Register.model_validate({"email": EMAIL, "password": password})
    register(moto.backend, request, PHONE)
    return mails(moto)["verify_email"]


def resend(moto: MotoBackend, email: str = EMAIL) -> None:
    request = ResendVerification.model_validate({"email": email})
    resend_verification(moto.backend, request, PHONE)


def verify(moto: MotoBackend, mail: dict[str, Any], password: str = PASSWORD) -> None:
    body = {"token": token_in(mail), "password": password}
    verify_registration(moto.backend, VerifyRegistration.model_validate(body), PHONE)


def test_fresh_link_makes_the_account(strict_moto: MotoBackend) -> None:
    first = ask(strict_moto)
    resend(strict_moto)
    second = mails(strict_moto)["verify_email"]
    assert second["values"]["link"] != first["values"]["link"]
    verify(strict_moto, second)


def test_earlier_link_is_dead_after_the_fresh_one_was_used(strict_moto: MotoBackend) -> None:
    first = ask(strict_moto)
    resend(strict_moto)
    verify(strict_moto, mails(strict_moto)["verify_email"])
    with pytest.raises(InvalidLink):
        verify(strict_moto, first)


@pytest.mark.parametrize("password", ["pumpkin of the first one", "pumpkin of the second one"])
def test_link_fits_each_registration_that_waits(strict_moto: MotoBackend, password: str) -> None:
    ask(strict_moto, "pumpkin of the first one")
    strict_moto.clock.advance(1)
    ask(strict_moto, "pumpkin of the second one")
    resend(strict_moto)
    verify(strict_moto, mails(strict_moto)["verify_email"], password)


def test_code_is_the_one_of_the_first_mail(strict_moto: MotoBackend) -> None:
    first = ask(strict_moto)
    resend(strict_moto)
    assert mails(strict_moto)["verify_email"]["values"]["code"] == first["values"]["code"]


def test_stranger_gets_no_mail(strict_moto: MotoBackend) -> None:
    resend(strict_moto)
    assert list(mails(strict_moto)) == ["nothing"]


def test_owner_of_an_account_gets_no_mail(strict_moto: MotoBackend) -> None:
    ask(strict_moto)
    strict_moto.user(EMAIL)
    resend(strict_moto)
    assert list(mails(strict_moto)) == ["nothing"]


def test_registration_that_is_too_old_gets_no_mail(strict_moto: MotoBackend) -> None:
    ask(strict_moto)
    strict_moto.clock.advance(LIFE)
    resend(strict_moto)
    assert list(mails(strict_moto)) == ["nothing"]


def test_calls_are_the_same_for_waiting_and_unknown_addresses(strict_moto: MotoBackend) -> None:
    ask(strict_moto)
    shapes = []
    for email in (EMAIL, "eve@example.com"):
        with recorded() as calls:
            resend(strict_moto, email)
        shapes.append(
            [(call.operation, len(call.params.get("TransactItems", ()))) for call in calls]
        )
    assert shapes[0] == shapes[1]


def test_mail_waits_while_the_queue_does_not_answer(strict_moto: MotoBackend) -> None:
    ask(strict_moto)
    with broken("SendMessage"):
        resend(strict_moto)
    assert [item["pk"]["S"] for item in strict_moto.accounts()].count("OUTBOX") == 1
