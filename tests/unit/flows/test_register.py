"""Register: an account and its mail, or nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatehouse.emails.messages import Message
from gatehouse.errors import EmailTaken, InvalidInput, Unavailable
from gatehouse.flows.read_profile import Profile
from gatehouse.flows.register import Register, register
from gatehouse.passwords import verify_password
from tests.support.calls import before, broken, contend
from tests.support.world import PASSWORD, PUBLIC_URL, World, new_world


def request(email: str = "Ada@Example.com", **others: Any) -> Register:
    return Register.model_validate({"email": email, "password": PASSWORD, **others})


def test_account_is_made_and_shown(world: World) -> None:
    profile = register(world.backend, request(name="Ada"))
    assert profile == Profile(
        profile.id,
        "Ada@example.com",
        "Ada",
        email_verified=False,
        created_at="2027-01-15T08:00:00Z",
    )


def test_account_is_kept_with_a_hash_of_its_password(world: World) -> None:
    user = world.backend.users.by_id(register(world.backend, request()).id)
    assert user
    assert PASSWORD not in str(world.accounts())
    assert verify_password(PASSWORD, user.password_hash, world.backend.peppers, cost=4)


def test_welcome_is_handed_over_once(world: World) -> None:
    profile = register(world.backend, request(name="Ada"))
    values = {"name": "Ada", "public_url": PUBLIC_URL}
    message = Message(f"welcome-{profile.id}", "welcome", "Ada@example.com", values)
    assert world.queued() == [message.to_json()]
    assert not [item for item in world.accounts() if item["pk"]["S"] == "OUTBOX"]


def test_welcome_waits_in_the_transaction_of_the_account(world: World) -> None:
    with broken("SendMessage"):
        register(world.backend, request())
    assert [item["pk"]["S"] for item in world.accounts()].count("OUTBOX") == 1


def test_no_account_and_no_mail_where_the_table_does_not_answer(world: World) -> None:
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        register(world.backend, request())
    assert (world.accounts(), world.queued()) == ([], [])


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM"])
def test_taken_address_is_refused_without_a_mail(world: World, email: str) -> None:
    world.user("ada@example.com")
    with pytest.raises(EmailTaken):
        register(world.backend, request(email))
    assert world.queued() == []


def test_earlier_password_is_not_replaced_by_a_second_registration(world: World) -> None:
    user = world.user("ada@example.com")
    with pytest.raises(EmailTaken):
        register(world.backend, request(password="another good password"))
    assert world.backend.users.by_id(user.id) == user


def test_one_of_16_registrations_of_an_address_wins(world: World) -> None:
    made: list[str] = []

    def attempt() -> None:
        try:
            made.append(register(world.backend, request()).id)
        except EmailTaken:
            return

    contend("TransactWriteItems", [attempt] * 16)
    assert len(made) == 1
    assert [mail["key"] for mail in world.queued()] == [f"welcome-{made[0]}"]


def test_rival_is_told_of_neither_account_nor_mail(world: World) -> None:
    def rival() -> None:
        register(world.backend, request())

    with before("TransactWriteItems", rival), pytest.raises(EmailTaken):
        register(world.backend, request())
    assert len(world.queued()) == 1


@pytest.mark.parametrize(("password", "reason"), [("short", "fewer"), ("x" * 257, "more")])
def test_weak_password_is_refused_with_a_reason(world: World, password: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        register(world.backend, request(password=password))
    (problem,) = refused.value.problems
    assert problem.pointer == "/password"
    assert reason in problem.detail
    assert world.accounts() == []


def test_least_length_of_passwords_is_a_setting() -> None:
    with new_world(min_password_length=8) as world:
        assert register(world.backend, request(password="12345678"))


@pytest.mark.parametrize(
    "field",
    ["id", "role", "email_verified", "disabled", "token_epoch", "password_hash", "pk", "ttl"],
)
def test_mass_assignment_is_refused(field: str) -> None:
    with pytest.raises(ValidationError):
        request(**{field: "x"})
