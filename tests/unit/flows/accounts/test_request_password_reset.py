"""Forgotten passwords: the answer never tells whether there is an account, the mail does."""

import pytest

from gatehouse.flows.accounts.request_password_reset import (
    RequestPasswordReset,
    request_password_reset,
)
from gatehouse.stores import links
from tests.support.calls import broken, recorded
from tests.support.people import letters, token_in
from tests.support.world import PUBLIC_URL, World

EMAIL = "ada@example.com"


def ask(world: World, email: str = EMAIL) -> None:
    request_password_reset(world.backend, RequestPasswordReset.model_validate({"email": email}))


def test_link_is_mailed_to_the_owner(world: World) -> None:
    world.user(EMAIL)
    ask(world)
    mail = letters(world)["reset_password"]
    assert mail["to"] == EMAIL
    assert mail["values"]["link"].startswith(f"{PUBLIC_URL}/app#reset=")


@pytest.mark.parametrize("asked", ["ADA@example.com", "ada@EXAMPLE.com"])
def test_link_goes_to_the_stored_spelling_of_the_address(world: World, asked: str) -> None:
    world.user("Ada@example.com")
    ask(world, asked)
    assert letters(world)["reset_password"]["to"] == "Ada@example.com"


def test_token_is_not_kept(world: World) -> None:
    world.user(EMAIL)
    ask(world)
    assert token_in(letters(world)["reset_password"]) not in str(world.accounts())


def test_link_is_for_passwords_only(world: World) -> None:
    user = world.user(EMAIL)
    ask(world)
    token = token_in(letters(world)["reset_password"])
    link = world.backend.accounts.links.find(
        links.token_hash(token), links.RESET, world.clock.now()
    )
    assert link.subject["user_id"] == user.id


def test_stranger_gets_no_mail(world: World) -> None:
    ask(world)
    assert list(letters(world)) == ["nothing"]


def test_owner_of_a_disabled_account_gets_no_mail(world: World) -> None:
    world.user(EMAIL, disabled=True)
    ask(world)
    assert list(letters(world)) == ["nothing"]


def test_known_and_unknown_addresses_cost_the_same_calls(world: World) -> None:
    world.user(EMAIL)
    shapes = []
    for email in (EMAIL, "eve@example.com"):
        with recorded() as calls:
            ask(world, email)
        shapes.append(
            [(call.operation, len(call.params.get("TransactItems", ()))) for call in calls]
        )
    assert shapes[0] == shapes[1]


def test_mail_waits_while_the_queue_does_not_answer(world: World) -> None:
    world.user(EMAIL)
    with broken("SendMessage"):
        ask(world)
    assert [item["pk"]["S"] for item in world.accounts()].count("OUTBOX") == 1
