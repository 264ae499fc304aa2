"""Confirm a move to another address: both ends, once each, in any order."""

import pytest

from gatehouse.errors import EmailTaken, InvalidLink
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.accounts.confirm_email_change import ConfirmEmailChange, confirm_email_change
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.identity import parse_address
from gatehouse.stores.email_changes import LIFE
from tests.support.calls import before, contend
from tests.support.people import (
    NEW_PASSWORD,
    PHONE,
    Person,
    letters,
    now_of,
    person,
    tags,
    token_in,
)
from tests.support.world import PASSWORD, World

OLD, NEW = "ada@example.com", "new@example.com"


def ask(world: World, who: Person, new_email: str = NEW) -> tuple[str, str]:
    """The tokens that the old and the new end got."""
    request = RequestEmailChange.model_validate({"new_email": new_email, "password": PASSWORD})
    request_email_change(world.backend, who.identity, request, PHONE)
    mails = letters(world)
    return token_in(mails["confirm_old_email"]), token_in(mails["confirm_new_email"])


def confirm(world: World, *tokens: str) -> None:
    for token in tokens:
        confirm_email_change(world.backend, ConfirmEmailChange(token=token), PHONE)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["old end first", "new end first"])
def test_account_moves_when_both_ends_have_confirmed(world: World, order: tuple[int, int]) -> None:
    ada = person(world, OLD)
    ends = ask(world, ada)
    confirm(world, *(ends[each] for each in order))
    moved = now_of(world, ada.user)
    assert (moved.email, moved.email_verified) == (NEW, True)


@pytest.mark.parametrize("end", [0, 1], ids=["old", "new"])
def test_one_end_alone_moves_nothing(world: World, end: int) -> None:
    ada = person(world, OLD)
    confirm(world, ask(world, ada)[end])
    assert now_of(world, ada.user) == ada.user


@pytest.mark.parametrize("end", [0, 1], ids=["old", "new"])
def test_same_end_twice_is_no_second_end(world: World, end: int) -> None:
    ada = person(world, OLD)
    token = ask(world, ada)[end]
    confirm(world, token)
    with pytest.raises(InvalidLink):
        confirm(world, token)
    assert now_of(world, ada.user) == ada.user


def test_new_address_signs_in_and_the_old_one_does_not(world: World) -> None:
    ada = person(world, OLD)
    confirm(world, *ask(world, ada))
    log_in(world.backend, LogIn.model_validate({"email": NEW, "password": PASSWORD}), PHONE)
    assert world.backend.accounts.users.by_email(parse_address(OLD)) is None


def test_old_address_is_free_for_somebody_else(world: World) -> None:
    confirm(world, *ask(world, person(world, OLD)))
    assert world.user(OLD)


def test_new_address_is_taken_from_now_on(world: World) -> None:
    confirm(world, *ask(world, person(world, OLD)))
    with pytest.raises(EmailTaken):
        world.user(NEW)


def test_old_mailbox_is_told_and_the_owner_finds_an_event(world: World) -> None:
    ada = person(world, OLD)
    confirm(world, *ask(world, ada))
    mail = letters(world)["email_changed"]
    assert (mail["to"], mail["values"]) == (OLD, {"new_email": NEW})
    assert "user:email:change" in tags(world, ada.user.id)


def test_move_that_comes_again_is_told_again(world: World) -> None:
    ada = person(world, OLD)
    keys = []
    for address in (NEW, OLD, NEW):
        confirm(world, *ask(world, ada, address))
        keys.append(letters(world)["email_changed"]["key"])
    assert len(set(keys)) == 3


def test_nothing_of_the_change_is_left(world: World) -> None:
    confirm(world, *ask(world, person(world, OLD)))
    left = {item["sk"]["S"] for item in world.accounts()} & {"EMAILCHANGE", "LINK"}
    assert left == set()


def test_later_change_takes_the_place_of_an_earlier_one(world: World) -> None:
    ada = person(world, OLD)
    first = ask(world, ada, "first@example.com")
    second = ask(world, ada, "second@example.com")
    for token in first:
        with pytest.raises(InvalidLink):
            confirm(world, token)
    confirm(world, *second)
    assert now_of(world, ada.user).email == "second@example.com"


def test_link_ends_after_an_hour(world: World) -> None:
    old, _ = ask(world, person(world, OLD))
    world.clock.advance(LIFE)
    with pytest.raises(InvalidLink):
        confirm(world, old)


def test_address_that_was_taken_meanwhile_stays_where_it_is(world: World) -> None:
    ada = person(world, OLD)
    old, new = ask(world, ada)
    confirm(world, old)
    other = world.user(NEW)
    with pytest.raises(InvalidLink):
        confirm(world, new)
    assert now_of(world, ada.user) == ada.user
    assert world.backend.accounts.users.by_email(parse_address(NEW)) == other


def test_disabled_account_does_not_move(world: World) -> None:
    ada = person(world, OLD)
    old, new = ask(world, ada)
    confirm(world, old)
    world.disable(ada.user)
    with pytest.raises(InvalidLink):
        confirm(world, new)


def test_change_that_was_begun_with_an_older_password_is_dead(world: World) -> None:
    ada = person(world, OLD)
    old, new = ask(world, ada)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    change_password(world.backend, ada.identity, ChangePassword.model_validate(body), PHONE)
    with pytest.raises(InvalidLink):
        confirm(world, old, new)
    assert now_of(world, ada.user).email == OLD


def test_password_change_between_read_and_write_wins(world: World) -> None:
    ada = person(world, OLD)
    old, new = ask(world, ada)
    confirm(world, old)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    def rival() -> None:
        change_password(world.backend, ada.identity, ChangePassword.model_validate(body), PHONE)

    with before("TransactWriteItems", rival), pytest.raises(InvalidLink):
        confirm(world, new)
    assert now_of(world, ada.user).email == OLD


def test_two_ends_at_the_same_moment_move_the_account(world: World) -> None:
    ada = person(world, OLD)
    old, new = ask(world, ada)
    contend("TransactWriteItems", [lambda: confirm(world, old), lambda: confirm(world, new)])
    assert now_of(world, ada.user).email == NEW


def test_unknown_token_is_refused(world: World) -> None:
    with pytest.raises(InvalidLink):
        confirm(world, "x" * 43)
