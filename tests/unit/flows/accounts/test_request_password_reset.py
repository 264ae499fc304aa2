"""Forgotten passwords: only the email reveals whether there is an account, never the response."""

import pytest

from gatehouse.flows.accounts.request_password_reset import (
    RequestPasswordReset,
    request_password_reset,
)
from gatehouse.stores import links
from harness.moto_backend import PUBLIC_URL, MotoBackend
from tests.support.calls import broken, recorded
from tests.support.people import PHONE, mails, token_in

EMAIL = "ada@example.com"


def ask(moto: MotoBackend, email: str = EMAIL) -> None:
    request = RequestPasswordReset.model_validate({"email": email})
    request_password_reset(moto.backend, request, PHONE)


def test_link_is_mailed_to_the_owner(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    ask(moto)
    mail = mails(moto)["reset_password"]
    assert mail["to"] == EMAIL
    assert mail["values"]["link"].startswith(f"{PUBLIC_URL}/app#reset=")


@pytest.mark.parametrize("asked", ["ADA@example.com", "ada@EXAMPLE.com"])
def test_link_goes_to_the_stored_spelling_of_the_address(moto: MotoBackend, asked: str) -> None:
    moto.user("Ada@example.com")
    ask(moto, asked)
    assert mails(moto)["reset_password"]["to"] == "Ada@example.com"


def test_token_is_not_kept(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    ask(moto)
    assert token_in(mails(moto)["reset_password"]) not in str(moto.accounts())


def test_link_is_for_passwords_only(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    ask(moto)
    token = token_in(mails(moto)["reset_password"])
    link = moto.backend.accounts.links.find(links.token_hash(token), links.RESET, moto.clock.now())
    assert link.subject["user_id"] == user.id


def test_stranger_gets_no_mail(moto: MotoBackend) -> None:
    ask(moto)
    assert list(mails(moto)) == ["nothing"]


def test_owner_of_a_disabled_account_gets_no_mail(moto: MotoBackend) -> None:
    moto.user(EMAIL, disabled=True)
    ask(moto)
    assert list(mails(moto)) == ["nothing"]


def test_known_and_unknown_addresses_cost_the_same_calls(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    shapes = []
    for email in (EMAIL, "eve@example.com"):
        with recorded() as calls:
            ask(moto, email)
        shapes.append(
            [(call.operation, len(call.params.get("TransactItems", ()))) for call in calls]
        )
    assert shapes[0] == shapes[1]


def test_mail_waits_while_the_queue_does_not_answer(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    with broken("SendMessage"):
        ask(moto)
    assert [item["pk"]["S"] for item in moto.accounts()].count("OUTBOX") == 1


def test_address_does_not_stand_in_the_link(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    ask(moto)
    (link,) = (item for item in moto.accounts() if item["pk"]["S"].startswith("LINK#"))
    assert EMAIL not in str(link)
