"""Ask for another address: both ends get a link, and nobody sees whether the new one is taken."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse.errors import InvalidPassword, InvalidToken
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.stores.users import User
from tests.support.calls import before, broken, recorded
from tests.support.people import PHONE, Person, letters, now_of, person, remove, tags, token_in
from tests.support.world import PASSWORD, PUBLIC_URL, World

NEW = "new@example.com"


def ask(world: World, who: Person, new_email: str = NEW, password: str = PASSWORD) -> None:
    request = RequestEmailChange.model_validate({"new_email": new_email, "password": password})
    request_email_change(world.backend, who.identity, request, PHONE)


def test_both_ends_get_a_link_of_their_own(world: World) -> None:
    ada = person(world)
    ask(world, ada)
    mails = letters(world)
    assert {name: mail["to"] for name, mail in mails.items()} == {
        "confirm_old_email": ada.user.email,
        "confirm_new_email": NEW,
    }
    assert len({token_in(mail) for mail in mails.values()}) == 2


def test_links_lead_to_the_configured_host(world: World) -> None:
    ask(world, person(world))
    for mail in letters(world).values():
        assert mail["values"]["link"].startswith(f"{PUBLIC_URL}/app#confirm-email=")


def test_old_end_learns_where_the_account_wants_to_go(world: World) -> None:
    ask(world, person(world))
    assert letters(world)["confirm_old_email"]["values"]["new_email"] == NEW


def test_nothing_moves_yet(world: World) -> None:
    ada = person(world)
    ask(world, ada)
    assert now_of(world, ada.user) == ada.user


def test_owner_finds_an_event(world: World) -> None:
    ada = person(world)
    ask(world, ada)
    assert "user:email:request" in tags(world, ada.user.id)


def test_tokens_are_not_kept(world: World) -> None:
    ask(world, person(world))
    tokens = [token_in(mail) for mail in letters(world).values()]
    assert not [token for token in tokens if token in str(world.accounts())]


def test_owner_of_a_taken_address_is_told_in_place_of_a_link(world: World) -> None:
    world.user("New@example.com")
    ask(world, person(world))
    mail = letters(world)["already_registered"]
    assert (mail["to"], mail["values"]) == ("New@example.com", {})


def test_caller_sees_no_difference_for_a_taken_address(world: World) -> None:
    ada = person(world)
    world.user("taken@example.com")

    def shape(email: str) -> list[Any]:
        with recorded() as calls:
            ask(world, ada, email)
        return [(call.operation, len(call.params.get("TransactItems", ()))) for call in calls]

    assert shape(NEW) == shape("taken@example.com")


def test_own_address_may_be_spelled_anew(world: World) -> None:
    ada = person(world, "ada@example.com")
    ask(world, ada, "Ada@example.com")
    assert letters(world)["confirm_new_email"]["to"] == "Ada@example.com"


def test_wrong_password_sends_nothing(world: World) -> None:
    with pytest.raises(InvalidPassword):
        ask(world, person(world), password="wrong")
    assert letters(world) == {}


def test_session_that_is_over_sends_nothing(world: World) -> None:
    ada = person(world)
    world.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        ask(world, ada)
    assert letters(world) == {}


@pytest.mark.parametrize("end", [remove, World.disable])
def test_account_that_ends_meanwhile_sends_and_leaves_nothing(
    world: World, end: Callable[[World, User], None]
) -> None:
    ada = person(world)
    with before("TransactWriteItems", lambda: end(world, ada.user)), pytest.raises(InvalidPassword):
        ask(world, ada)
    assert letters(world) == {}
    assert not [item for item in world.accounts() if item["sk"]["S"] == "EMAILCHANGE"]
    assert "user:email:request" not in tags(world, ada.user.id)


def test_mails_wait_while_the_queue_does_not_answer(world: World) -> None:
    ada = person(world)
    with broken("SendMessage"):
        ask(world, ada)
    assert [item["pk"]["S"] for item in world.accounts()].count("OUTBOX") == 2
