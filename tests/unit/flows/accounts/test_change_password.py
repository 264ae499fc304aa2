"""Change a password: by its owner, and to the end of all other sessions."""

import pytest

from gatehouse.errors import InvalidGrant, InvalidInput, InvalidPassword, InvalidToken
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.passwords import verify_password
from tests.support.calls import before
from tests.support.people import (
    NEW_PASSWORD,
    PHONE,
    Person,
    letters,
    now_of,
    person,
    sign_in,
    tags,
)
from tests.support.world import PASSWORD, World


def change(world: World, who: Person, current: str = PASSWORD, new: str = NEW_PASSWORD) -> None:
    body = {"current_password": current, "new_password": new}
    change_password(world.backend, who.identity, ChangePassword.model_validate(body), PHONE)


def fits(world: World, who: Person, password: str) -> bool:
    stored = now_of(world, who.user).password_hash
    return verify_password(password, stored, world.backend.keys.peppers, cost=4)


def test_new_password_takes_the_place_of_the_old_one(world: World) -> None:
    ada = person(world)
    change(world, ada)
    assert (fits(world, ada, PASSWORD), fits(world, ada, NEW_PASSWORD)) == (False, True)


def test_own_session_goes_on(world: World) -> None:
    ada = person(world)
    change(world, ada)
    assert active_user(world.backend, ada.identity).id == ada.user.id
    assert refresh_session(world.backend, ada.tokens.refresh_token, PHONE)


def test_other_sessions_end(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    change(world, ada)
    with pytest.raises(InvalidToken):
        active_user(world.backend, other.identity)
    with pytest.raises(InvalidGrant):
        refresh_session(world.backend, other.tokens.refresh_token, PHONE)


def test_own_session_goes_on_after_a_second_change(world: World) -> None:
    ada = person(world)
    change(world, ada)
    change(world, ada, NEW_PASSWORD, "and again another pumpkin")
    assert active_user(world.backend, ada.identity)


def test_owner_is_told_and_finds_an_event(world: World) -> None:
    ada = person(world)
    change(world, ada)
    assert letters(world)["password_changed"]["to"] == ada.user.email
    assert "user:password:change" in tags(world, ada.user.id)


def test_two_changes_are_two_mails(world: World) -> None:
    ada = person(world)
    change(world, ada)
    first = letters(world)["password_changed"]["key"]
    change(world, ada, NEW_PASSWORD, "and again another pumpkin")
    assert letters(world)["password_changed"]["key"] != first


def test_wrong_current_password_changes_nothing(world: World) -> None:
    ada = person(world)
    with pytest.raises(InvalidPassword):
        change(world, ada, "wrong")
    assert now_of(world, ada.user) == ada.user


def test_weak_password_is_refused_where_it_stands(world: World) -> None:
    ada = person(world)
    with pytest.raises(InvalidInput) as refused:
        change(world, ada, new="short")
    assert refused.value.problems[0].pointer == "/new_password"


def test_own_address_is_no_password(world: World) -> None:
    ada = person(world, "somebody.with.a.long@example.com")
    with pytest.raises(InvalidInput):
        change(world, ada, new="somebody.with.a.long@example.com")


def test_of_two_changes_at_once_one_is_refused(world: World) -> None:
    ada = person(world)

    def rival() -> None:
        change(world, ada, new="pumpkin of the rival queen")

    with before("TransactWriteItems", rival), pytest.raises(InvalidPassword):
        change(world, ada)
    assert fits(world, ada, "pumpkin of the rival queen")


def test_session_that_is_ended_meanwhile_changes_nothing(world: World) -> None:
    ada = person(world)

    def rival() -> None:
        world.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)

    with before("TransactWriteItems", rival), pytest.raises(InvalidPassword):
        change(world, ada)
    assert fits(world, ada, PASSWORD)
