"""Delete an account: nothing of it is left, and its address is free."""

import pytest

from gatehouse.errors import (
    AccountDisabled,
    InvalidCredentials,
    InvalidGrant,
    InvalidPassword,
    Unavailable,
)
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.lifecycle.delete_account import DeleteAccount, delete_account
from gatehouse.flows.lifecycle.finish_removals import PATIENCE, finish_removals
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.identity import parse_address
from tests.support.calls import before, broken
from tests.support.people import (
    NEW_PASSWORD,
    PHONE,
    Person,
    letters,
    now_of,
    partitions,
    person,
    sign_in,
)
from tests.support.sockets import Hall
from tests.support.world import PASSWORD, World

EMAIL = "ada@example.com"


def delete(world: World, who: Person, password: str = PASSWORD) -> None:
    delete_account(world.backend, who.identity, DeleteAccount(password=password), PHONE)


def test_nothing_of_the_account_is_left(world: World) -> None:
    ada = person(world, EMAIL)
    sign_in(world, ada.user)
    delete(world, ada)
    assert partitions(world) == []
    assert ada.user.id not in str(world.accounts())


def test_other_accounts_are_left_alone(world: World) -> None:
    ada, eve = person(world, EMAIL), person(world)
    delete(world, ada)
    assert now_of(world, eve.user) == eve.user
    assert refresh_session(world.backend, eve.tokens.refresh_token, PHONE)


def test_address_is_free_for_a_new_account(world: World) -> None:
    ada = person(world, EMAIL)
    delete(world, ada)
    assert world.user(EMAIL).id != ada.user.id


def test_owner_gets_a_last_mail(world: World) -> None:
    delete(world, person(world, EMAIL))
    assert letters(world)["account_deleted"]["to"] == EMAIL


def test_sockets_are_closed(world: World) -> None:
    hall = Hall(world)
    ada = person(world, EMAIL)
    client = hall.client(ada.user)
    delete_account(hall.backend, ada.identity, DeleteAccount(password=PASSWORD), PHONE)
    assert client.disconnects == [3503]
    assert hall.stored() == []


def test_session_is_over(world: World) -> None:
    ada = person(world, EMAIL)
    delete(world, ada)
    with pytest.raises(InvalidGrant):
        refresh_session(world.backend, ada.tokens.refresh_token, PHONE)


def test_wrong_password_deletes_nothing(world: World) -> None:
    ada = person(world, EMAIL)
    with pytest.raises(InvalidPassword):
        delete(world, ada, "wrong")
    assert now_of(world, ada.user) == ada.user


def test_deletion_that_was_not_written_is_not_acknowledged(world: World) -> None:
    ada = person(world, EMAIL)
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        delete(world, ada)
    assert now_of(world, ada.user) == ada.user


@pytest.mark.parametrize("operation", ["Query", "DeleteItem"])
def test_what_was_interrupted_is_finished_by_maintenance(world: World, operation: str) -> None:
    ada = person(world, EMAIL)
    with broken(operation), pytest.raises(Unavailable):
        delete(world, ada)
    world.clock.advance(PATIENCE)
    finish_removals(world.backend)
    world.backend.accounts.outbox.hand_over_forgotten()
    assert partitions(world) == []


def test_nobody_signs_in_while_the_removal_is_interrupted(world: World) -> None:
    ada = person(world, EMAIL)
    with broken("Query"), pytest.raises(Unavailable):
        delete(world, ada)
    request = LogIn.model_validate({"email": EMAIL, "password": PASSWORD})
    with pytest.raises(AccountDisabled):
        log_in(world.backend, request, PHONE)


def test_sign_in_beside_the_deletion_leaves_no_session(world: World) -> None:
    ada = person(world, EMAIL)
    request = LogIn.model_validate({"email": EMAIL, "password": PASSWORD})
    with (
        before("TransactWriteItems", lambda: delete(world, ada)),
        pytest.raises(InvalidCredentials),
    ):
        log_in(world.backend, request, PHONE)
    assert world.backend.accounts.users.by_email(parse_address(EMAIL)) is None
    assert world.backend.accounts.sessions.of_user(ada.user.id) == []


def test_second_deletion_at_the_same_time_does_no_harm(world: World) -> None:
    ada = person(world, EMAIL)
    with before("TransactWriteItems", lambda: delete(world, ada)), pytest.raises(InvalidPassword):
        delete(world, ada)
    assert partitions(world) == []


def test_password_that_is_changed_at_the_same_time_deletes_nothing(world: World) -> None:
    ada = person(world, EMAIL)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    request = ChangePassword.model_validate(body)

    def change() -> None:
        change_password(world.backend, ada.identity, request, PHONE)

    with before("TransactWriteItems", change), pytest.raises(InvalidPassword):
        delete(world, ada)
    assert not now_of(world, ada.user).disabled
    assert "account_deleted" not in letters(world)
