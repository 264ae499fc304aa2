"""Change a password: only the owner can, and all other sessions end."""

import pytest

from gatehouse.errors import InvalidGrant, InvalidInput, InvalidPassword, InvalidToken
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.passwords import verify_password
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.calls import before
from tests.support.people import (
    NEW_PASSWORD,
    PHONE,
    Person,
    mails,
    now_of,
    person,
    sign_in,
    tags,
)


def change(
    moto: MotoBackend, who: Person, current: str = PASSWORD, new: str = NEW_PASSWORD
) -> None:
    body = {"current_password": current, "new_password": new}
    change_password(moto.backend, who.identity, ChangePassword.model_validate(body), PHONE)


def fits(moto: MotoBackend, who: Person, password: str) -> bool:
    stored = now_of(moto, who.user).password_hash
    return verify_password(password, stored, moto.backend.keys.peppers, cost=4)


def test_new_password_takes_the_place_of_the_old_one(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada)
    assert (fits(moto, ada, PASSWORD), fits(moto, ada, NEW_PASSWORD)) == (False, True)


def test_own_session_goes_on(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada)
    assert active_user(moto.backend, ada.identity).id == ada.user.id
    assert refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)


def test_other_sessions_end(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    change(moto, ada)
    with pytest.raises(InvalidToken):
        active_user(moto.backend, other.identity)
    with pytest.raises(InvalidGrant):
        refresh_session(moto.backend, other.tokens.refresh_token, PHONE)


def test_own_session_goes_on_after_a_second_change(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada)
    change(moto, ada, NEW_PASSWORD, "and again another pumpkin")
    assert active_user(moto.backend, ada.identity)


def test_owner_is_told_and_finds_an_event(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada)
    assert mails(moto)["password_changed"]["to"] == ada.user.email
    assert "user:password:change" in tags(moto, ada.user.id)


def test_password_that_stays_the_same_is_refused_without_a_trace(moto: MotoBackend) -> None:
    ada = person(moto, password="a long caf\u00e9 in Paris")
    with pytest.raises(InvalidInput) as refused:
        change(moto, ada, "a long caf\u00e9 in Paris", "a long cafe\u0301 in Paris")
    assert refused.value.problems[0].pointer == "/new_password"
    assert (mails(moto), tags(moto, ada.user.id)) == ({}, ["user:session:start"])


def test_two_changes_are_two_mails(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada)
    first = mails(moto)["password_changed"]["key"]
    change(moto, ada, NEW_PASSWORD, "and again another pumpkin")
    assert mails(moto)["password_changed"]["key"] != first


def test_wrong_current_password_changes_nothing(moto: MotoBackend) -> None:
    ada = person(moto)
    with pytest.raises(InvalidPassword):
        change(moto, ada, "wrong")
    assert now_of(moto, ada.user) == ada.user


def test_weak_password_is_refused_where_it_stands(moto: MotoBackend) -> None:
    ada = person(moto)
    with pytest.raises(InvalidInput) as refused:
        change(moto, ada, new="short")
    assert refused.value.problems[0].pointer == "/new_password"


def test_own_address_is_no_password(moto: MotoBackend) -> None:
    ada = person(moto, "somebody.with.a.long@example.com")
    with pytest.raises(InvalidInput):
        change(moto, ada, new="somebody.with.a.long@example.com")


def test_of_two_changes_at_once_one_is_refused(moto: MotoBackend) -> None:
    ada = person(moto)

    def rival() -> None:
        change(moto, ada, new="pumpkin of the rival queen")

    with before("TransactWriteItems", rival), pytest.raises(InvalidPassword):
        change(moto, ada)
    assert fits(moto, ada, "pumpkin of the rival queen")


def test_session_that_is_ended_meanwhile_changes_nothing(moto: MotoBackend) -> None:
    ada = person(moto)

    def rival() -> None:
        moto.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)

    with before("TransactWriteItems", rival), pytest.raises(InvalidPassword):
        change(moto, ada)
    assert fits(moto, ada, PASSWORD)
