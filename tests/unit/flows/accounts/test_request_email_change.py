"""Request another address: both addresses get a link, and no caller learns if one is taken."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse.errors import InvalidInput, InvalidPassword, InvalidToken
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.stores.users import User
from harness.moto_backend import PASSWORD, PUBLIC_URL, MotoBackend
from tests.support.calls import before, broken, recorded
from tests.support.people import PHONE, Person, mails, now_of, person, remove, tags, token_in

NEW = "new@example.com"


def ask(moto: MotoBackend, who: Person, new_email: str = NEW, password: str = PASSWORD) -> None:
    request = RequestEmailChange.model_validate({"new_email": new_email, "password": password})
    request_email_change(moto.backend, who.identity, request, PHONE)


def test_both_ends_get_a_link_of_their_own(moto: MotoBackend) -> None:
    ada = person(moto)
    ask(moto, ada)
    by_template = mails(moto)
    assert {name: mail["to"] for name, mail in by_template.items()} == {
        "confirm_old_email": ada.user.email,
        "confirm_new_email": NEW,
    }
    assert len({token_in(mail) for mail in by_template.values()}) == 2


def test_links_lead_to_the_configured_host(moto: MotoBackend) -> None:
    ask(moto, person(moto))
    for mail in mails(moto).values():
        assert mail["values"]["link"].startswith(f"{PUBLIC_URL}/app#confirm-email=")


def test_old_end_learns_where_the_account_wants_to_go(moto: MotoBackend) -> None:
    ask(moto, person(moto))
    assert mails(moto)["confirm_old_email"]["values"]["new_email"] == NEW


def test_nothing_moves_yet(moto: MotoBackend) -> None:
    ada = person(moto)
    ask(moto, ada)
    assert now_of(moto, ada.user) == ada.user


def test_owner_finds_an_event(moto: MotoBackend) -> None:
    ada = person(moto)
    ask(moto, ada)
    assert "user:email:request" in tags(moto, ada.user.id)


def test_address_that_stays_the_same_is_refused_without_a_mail(moto: MotoBackend) -> None:
    ada = person(moto)
    with pytest.raises(InvalidInput) as refused:
        ask(moto, ada, ada.user.email)
    assert refused.value.problems[0].pointer == "/new_email"
    assert (mails(moto), tags(moto, ada.user.id)) == ({}, ["user:session:start"])


def test_tokens_are_not_kept(moto: MotoBackend) -> None:
    ask(moto, person(moto))
    tokens = [token_in(mail) for mail in mails(moto).values()]
    assert not [token for token in tokens if token in str(moto.accounts())]


def test_owner_of_a_taken_address_is_told_in_place_of_a_link(moto: MotoBackend) -> None:
    moto.user("New@example.com")
    ask(moto, person(moto))
    mail = mails(moto)["already_registered"]
    assert (mail["to"], mail["values"]) == ("New@example.com", {})


def test_caller_sees_no_difference_for_a_taken_address(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.user("taken@example.com")

    def shape(email: str) -> list[Any]:
        with recorded() as calls:
            ask(moto, ada, email)
        return [(call.operation, len(call.params.get("TransactItems", ()))) for call in calls]

    assert shape(NEW) == shape("taken@example.com")


def test_own_address_may_be_spelled_anew(moto: MotoBackend) -> None:
    ada = person(moto, "ada@example.com")
    ask(moto, ada, "Ada@example.com")
    assert mails(moto)["confirm_new_email"]["to"] == "Ada@example.com"


def test_wrong_password_sends_nothing(moto: MotoBackend) -> None:
    with pytest.raises(InvalidPassword):
        ask(moto, person(moto), password="wrong")
    assert mails(moto) == {}


def test_session_that_is_over_sends_nothing(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        ask(moto, ada)
    assert mails(moto) == {}


@pytest.mark.parametrize("end", [remove, MotoBackend.disable])
def test_account_that_ends_meanwhile_sends_and_leaves_nothing(
    moto: MotoBackend, end: Callable[[MotoBackend, User], None]
) -> None:
    ada = person(moto)
    with before("TransactWriteItems", lambda: end(moto, ada.user)), pytest.raises(InvalidPassword):
        ask(moto, ada)
    assert mails(moto) == {}
    assert not [item for item in moto.accounts() if item["sk"]["S"] == "EMAILCHANGE"]
    assert "user:email:request" not in tags(moto, ada.user.id)


def test_mails_wait_while_the_queue_does_not_answer(moto: MotoBackend) -> None:
    ada = person(moto)
    with broken("SendMessage"):
        ask(moto, ada)
    assert [item["pk"]["S"] for item in moto.accounts()].count("OUTBOX") == 2
