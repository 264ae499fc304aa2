"""Confirm a move to another address: old and new address, once each, in any order."""

import pytest

from gatehouse.errors import EmailTaken, InvalidLink
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.accounts.confirm_email_change import ConfirmEmailChange, confirm_email_change
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.identity import parse_address
from gatehouse.stores.email_changes import LIFE
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.calls import before, contend
from tests.support.people import (
    NEW_PASSWORD,
    PHONE,
    Person,
    mails,
    now_of,
    person,
    tags,
    token_in,
)

OLD, NEW = "ada@example.com", "new@example.com"


def ask(moto: MotoBackend, who: Person, new_email: str = NEW) -> tuple[str, str]:
    """Returns the tokens sent to the old and to the new address."""
    request = RequestEmailChange.model_validate({"new_email": new_email, "password": PASSWORD})
    request_email_change(moto.backend, who.identity, request, PHONE)
    by_template = mails(moto)
    return token_in(by_template["confirm_old_email"]), token_in(by_template["confirm_new_email"])


def confirm(moto: MotoBackend, *tokens: str) -> None:
    for token in tokens:
        confirm_email_change(moto.backend, ConfirmEmailChange(token=token), PHONE)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["old end first", "new end first"])
def test_account_moves_when_both_ends_have_confirmed(
    moto: MotoBackend, order: tuple[int, int]
) -> None:
    ada = person(moto, OLD)
    ends = ask(moto, ada)
    confirm(moto, *(ends[each] for each in order))
    moved = now_of(moto, ada.user)
    assert (moved.email, moved.email_verified) == (NEW, True)


@pytest.mark.parametrize("end", [0, 1], ids=["old", "new"])
def test_one_end_alone_moves_nothing(moto: MotoBackend, end: int) -> None:
    ada = person(moto, OLD)
    confirm(moto, ask(moto, ada)[end])
    assert now_of(moto, ada.user) == ada.user


@pytest.mark.parametrize("end", [0, 1], ids=["old", "new"])
def test_same_end_twice_is_no_second_end(moto: MotoBackend, end: int) -> None:
    ada = person(moto, OLD)
    token = ask(moto, ada)[end]
    confirm(moto, token)
    with pytest.raises(InvalidLink):
        confirm(moto, token)
    assert now_of(moto, ada.user) == ada.user


def test_new_address_signs_in_and_the_old_one_does_not(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    confirm(moto, *ask(moto, ada))
    log_in(moto.backend, LogIn.model_validate({"email": NEW, "password": PASSWORD}), PHONE)
    assert moto.backend.accounts.users.by_email(parse_address(OLD)) is None


def test_old_address_is_free_for_somebody_else(moto: MotoBackend) -> None:
    confirm(moto, *ask(moto, person(moto, OLD)))
    assert moto.user(OLD)


def test_new_address_is_taken_from_now_on(moto: MotoBackend) -> None:
    confirm(moto, *ask(moto, person(moto, OLD)))
    with pytest.raises(EmailTaken):
        moto.user(NEW)


def test_old_mailbox_is_told_and_the_owner_finds_an_event(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    confirm(moto, *ask(moto, ada))
    mail = mails(moto)["email_changed"]
    assert (mail["to"], mail["values"]) == (OLD, {"new_email": NEW})
    assert "user:email:change" in tags(moto, ada.user.id)


def test_move_that_comes_again_is_told_again(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    keys = []
    for address in (NEW, OLD, NEW):
        confirm(moto, *ask(moto, ada, address))
        keys.append(mails(moto)["email_changed"]["key"])
    assert len(set(keys)) == 3


def test_nothing_of_the_change_is_left(moto: MotoBackend) -> None:
    confirm(moto, *ask(moto, person(moto, OLD)))
    left = {item["sk"]["S"] for item in moto.accounts()} & {"EMAILCHANGE", "LINK"}
    assert left == set()


def test_later_change_takes_the_place_of_an_earlier_one(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    first = ask(moto, ada, "first@example.com")
    second = ask(moto, ada, "second@example.com")
    for token in first:
        with pytest.raises(InvalidLink):
            confirm(moto, token)
    confirm(moto, *second)
    assert now_of(moto, ada.user).email == "second@example.com"


def test_link_ends_after_an_hour(moto: MotoBackend) -> None:
    old, _ = ask(moto, person(moto, OLD))
    moto.clock.advance(LIFE)
    with pytest.raises(InvalidLink):
        confirm(moto, old)


def test_address_that_was_taken_meanwhile_stays_where_it_is(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    old, new = ask(moto, ada)
    confirm(moto, old)
    other = moto.user(NEW)
    with pytest.raises(InvalidLink):
        confirm(moto, new)
    assert now_of(moto, ada.user) == ada.user
    assert moto.backend.accounts.users.by_email(parse_address(NEW)) == other


def test_disabled_account_does_not_move(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    old, new = ask(moto, ada)
    confirm(moto, old)
    moto.disable(ada.user)
    with pytest.raises(InvalidLink):
        confirm(moto, new)


def test_change_that_was_begun_with_an_older_password_is_dead(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    old, new = ask(moto, ada)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    change_password(moto.backend, ada.identity, ChangePassword.model_validate(body), PHONE)
    with pytest.raises(InvalidLink):
        confirm(moto, old, new)
    assert now_of(moto, ada.user).email == OLD


def test_password_change_between_read_and_write_wins(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    old, new = ask(moto, ada)
    confirm(moto, old)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    def rival() -> None:
        change_password(moto.backend, ada.identity, ChangePassword.model_validate(body), PHONE)

    with before("TransactWriteItems", rival), pytest.raises(InvalidLink):
        confirm(moto, new)
    assert now_of(moto, ada.user).email == OLD


def test_two_ends_at_the_same_moment_move_the_account(moto: MotoBackend) -> None:
    ada = person(moto, OLD)
    old, new = ask(moto, ada)
    contend("TransactWriteItems", [lambda: confirm(moto, old), lambda: confirm(moto, new)])
    assert now_of(moto, ada.user).email == NEW


def test_unknown_token_is_refused(moto: MotoBackend) -> None:
    with pytest.raises(InvalidLink):
        confirm(moto, "x" * 43)
