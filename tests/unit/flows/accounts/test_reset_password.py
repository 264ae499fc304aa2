"""Reset a password with an emailed link: it works once, and ends everything started before."""

from dataclasses import replace

import pytest

from gatehouse.errors import InvalidGrant, InvalidInput, InvalidLink
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.accounts.confirm_email_change import ConfirmEmailChange, confirm_email_change
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.flows.accounts.request_password_reset import (
    RequestPasswordReset,
    request_password_reset,
)
from gatehouse.flows.accounts.reset_password import ResetPassword, reset_password
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores.links import LINK_LIFE, RESET, token_hash
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.calls import before, contend, recorded
from tests.support.people import NEW_PASSWORD, PHONE, mails, now_of, person, tags, token_in

EMAIL = "ada@example.com"


def mailed(moto: MotoBackend) -> str:
    """Requests a link and returns its token."""
    request = RequestPasswordReset.model_validate({"email": EMAIL})
    request_password_reset(moto.backend, request, PHONE)
    return token_in(mails(moto)["reset_password"])


def reset(moto: MotoBackend, token: str, password: str = NEW_PASSWORD) -> None:
    request = ResetPassword.model_validate({"token": token, "password": password})
    reset_password(moto.backend, request, PHONE)


def signs_in(moto: MotoBackend, password: str) -> bool:
    request = LogIn.model_validate({"email": EMAIL, "password": password})
    try:
        return bool(log_in(moto.backend, request, PHONE))
    except Exception:
        return False


def test_new_password_takes_the_place_of_the_old_one(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    reset(moto, mailed(moto))
    assert (signs_in(moto, PASSWORD), signs_in(moto, NEW_PASSWORD)) == (False, True)


def test_nobody_is_signed_in_by_it(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    reset(moto, mailed(moto))
    assert moto.backend.accounts.sessions.of_user(user.id) == []


def test_every_session_ends(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    reset(moto, mailed(moto))
    with pytest.raises(InvalidGrant):
        refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)


def test_owner_is_told_and_finds_an_event(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    reset(moto, mailed(moto))
    assert mails(moto)["password_changed"]["to"] == EMAIL
    assert "user:password:reset" in tags(moto, ada.user.id)


def test_link_is_used_once(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    token = mailed(moto)
    reset(moto, token)
    with pytest.raises(InvalidLink):
        reset(moto, token, "and again another pumpkin")


def test_one_of_16_contenders_wins(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    token = mailed(moto)
    done: list[int] = []

    def attempt(number: int) -> None:
        try:
            reset(moto, token, f"a passphrase with a {number}")
        except InvalidLink:
            return
        done.append(number)

    contend("TransactWriteItems", [lambda n=n: attempt(n) for n in range(16)])  # type: ignore[misc]
    assert len(done) == 1
    assert signs_in(moto, f"a passphrase with a {done[0]}")


def test_second_link_is_dead_after_the_first_was_used(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    one, two = mailed(moto), mailed(moto)
    reset(moto, one)
    with pytest.raises(InvalidLink):
        reset(moto, two, "and again another pumpkin")


def test_link_is_dead_after_the_password_was_changed(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    token = mailed(moto)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    change_password(moto.backend, ada.identity, ChangePassword.model_validate(body), PHONE)
    with pytest.raises(InvalidLink):
        reset(moto, token, "and again another pumpkin")


def test_change_between_read_and_write_wins(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    token = mailed(moto)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    def rival() -> None:
        change_password(moto.backend, ada.identity, ChangePassword.model_validate(body), PHONE)

    with before("TransactWriteItems", rival), pytest.raises(InvalidLink):
        reset(moto, token, "and again another pumpkin")
    assert signs_in(moto, NEW_PASSWORD)


def test_link_is_dead_after_the_account_moved_to_another_address(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    token = mailed(moto)
    request_email_change(
        moto.backend,
        ada.identity,
        RequestEmailChange.model_validate({"new_email": "new@example.com", "password": PASSWORD}),
        PHONE,
    )
    ends = mails(moto)
    for template in ("confirm_old_email", "confirm_new_email"):
        confirm = ConfirmEmailChange(token=token_in(ends[template]))
        confirm_email_change(moto.backend, confirm, PHONE)
    with pytest.raises(InvalidLink):
        reset(moto, token)


def test_password_that_may_not_be_chosen_leaves_the_link_good(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    token = mailed(moto)
    with pytest.raises(InvalidInput):
        reset(moto, token, "short")
    reset(moto, token)


def test_own_address_is_no_password(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    with pytest.raises(InvalidInput) as refused:
        reset(moto, mailed(moto), EMAIL)
    assert refused.value.problems[0].pointer == "/password"


def test_link_ends_after_an_hour(moto: MotoBackend) -> None:
    moto.user(EMAIL)
    token = mailed(moto)
    moto.clock.advance(LINK_LIFE)
    with pytest.raises(InvalidLink):
        reset(moto, token)


def test_disabled_account_is_not_opened_by_a_link(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    token = mailed(moto)
    moto.disable(user)
    with pytest.raises(InvalidLink):
        reset(moto, token)
    assert now_of(moto, user).password_hash == user.password_hash


def test_unknown_token_costs_no_hash_and_no_write(moto: MotoBackend) -> None:
    with recorded() as calls, pytest.raises(InvalidLink):
        reset(moto, "x" * 43)
    assert [call.operation for call in calls] == ["GetItem"]


def test_link_that_names_the_address_itself_is_taken(moto: MotoBackend) -> None:
    """Version 0.1 stored it. A link of before the deployment is valid for its hour."""
    user = moto.user(EMAIL)
    token = mailed(moto)
    store_address(moto, token, user.email)
    reset(moto, token)
    assert signs_in(moto, NEW_PASSWORD)


@pytest.mark.parametrize("address", ["eve@example.com", "", "0" * 64])
def test_link_for_another_address_is_refused(moto: MotoBackend, address: str) -> None:
    moto.user(EMAIL)
    token = mailed(moto)
    store_address(moto, token, address)
    with pytest.raises(InvalidLink):
        reset(moto, token)


def store_address(moto: MotoBackend, token: str, address: str) -> None:
    store = moto.backend.accounts
    link = store.links.find(token_hash(token), RESET, moto.clock.now())
    store.transact(store.links.adding(replace(link, subject={**link.subject, "email": address})))
