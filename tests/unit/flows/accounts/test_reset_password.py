"""Reset a password with a mailed link: once, and everything that was begun before ends."""

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
from gatehouse.stores.links import LINK_LIFE
from tests.support.calls import before, contend, recorded
from tests.support.people import NEW_PASSWORD, PHONE, letters, now_of, person, tags, token_in
from tests.support.world import PASSWORD, World

EMAIL = "ada@example.com"


def mailed(world: World) -> str:
    """The token of a link that was asked for just now."""
    request_password_reset(world.backend, RequestPasswordReset.model_validate({"email": EMAIL}))
    return token_in(letters(world)["reset_password"])


def reset(world: World, token: str, password: str = NEW_PASSWORD) -> None:
    request = ResetPassword.model_validate({"token": token, "password": password})
    reset_password(world.backend, request, PHONE)


def signs_in(world: World, password: str) -> bool:
    request = LogIn.model_validate({"email": EMAIL, "password": password})
    try:
        return bool(log_in(world.backend, request, PHONE))
    except Exception:
        return False


def test_new_password_takes_the_place_of_the_old_one(world: World) -> None:
    world.user(EMAIL)
    reset(world, mailed(world))
    assert (signs_in(world, PASSWORD), signs_in(world, NEW_PASSWORD)) == (False, True)


def test_nobody_is_signed_in_by_it(world: World) -> None:
    user = world.user(EMAIL)
    reset(world, mailed(world))
    assert world.backend.accounts.sessions.of_user(user.id) == []


def test_every_session_ends(world: World) -> None:
    ada = person(world, EMAIL)
    reset(world, mailed(world))
    with pytest.raises(InvalidGrant):
        refresh_session(world.backend, ada.tokens.refresh_token, PHONE)


def test_owner_is_told_and_finds_an_event(world: World) -> None:
    ada = person(world, EMAIL)
    reset(world, mailed(world))
    assert letters(world)["password_changed"]["to"] == EMAIL
    assert "user:password:reset" in tags(world, ada.user.id)


def test_link_is_used_once(world: World) -> None:
    world.user(EMAIL)
    token = mailed(world)
    reset(world, token)
    with pytest.raises(InvalidLink):
        reset(world, token, "and again another pumpkin")


def test_one_of_16_contenders_wins(world: World) -> None:
    world.user(EMAIL)
    token = mailed(world)
    done: list[int] = []

    def attempt(number: int) -> None:
        try:
            reset(world, token, f"a passphrase with a {number}")
        except InvalidLink:
            return
        done.append(number)

    contend("TransactWriteItems", [lambda n=n: attempt(n) for n in range(16)])  # type: ignore[misc]
    assert len(done) == 1
    assert signs_in(world, f"a passphrase with a {done[0]}")


def test_second_link_is_dead_after_the_first_was_used(world: World) -> None:
    world.user(EMAIL)
    one, two = mailed(world), mailed(world)
    reset(world, one)
    with pytest.raises(InvalidLink):
        reset(world, two, "and again another pumpkin")


def test_link_is_dead_after_the_password_was_changed(world: World) -> None:
    ada = person(world, EMAIL)
    token = mailed(world)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    change_password(world.backend, ada.identity, ChangePassword.model_validate(body), PHONE)
    with pytest.raises(InvalidLink):
        reset(world, token, "and again another pumpkin")


def test_change_between_read_and_write_wins(world: World) -> None:
    ada = person(world, EMAIL)
    token = mailed(world)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    def rival() -> None:
        change_password(world.backend, ada.identity, ChangePassword.model_validate(body), PHONE)

    with before("TransactWriteItems", rival), pytest.raises(InvalidLink):
        reset(world, token, "and again another pumpkin")
    assert signs_in(world, NEW_PASSWORD)


def test_link_is_dead_after_the_account_moved_to_another_address(world: World) -> None:
    ada = person(world, EMAIL)
    token = mailed(world)
    request_email_change(
        world.backend,
        ada.identity,
        RequestEmailChange.model_validate({"new_email": "new@example.com", "password": PASSWORD}),
        PHONE,
    )
    ends = letters(world)
    for template in ("confirm_old_email", "confirm_new_email"):
        confirm = ConfirmEmailChange(token=token_in(ends[template]))
        confirm_email_change(world.backend, confirm, PHONE)
    with pytest.raises(InvalidLink):
        reset(world, token)


def test_password_that_may_not_be_chosen_leaves_the_link_good(world: World) -> None:
    world.user(EMAIL)
    token = mailed(world)
    with pytest.raises(InvalidInput):
        reset(world, token, "short")
    reset(world, token)


def test_own_address_is_no_password(world: World) -> None:
    world.user(EMAIL)
    with pytest.raises(InvalidInput) as refused:
        reset(world, mailed(world), EMAIL)
    assert refused.value.problems[0].pointer == "/password"


def test_link_ends_after_an_hour(world: World) -> None:
    world.user(EMAIL)
    token = mailed(world)
    world.clock.advance(LINK_LIFE)
    with pytest.raises(InvalidLink):
        reset(world, token)


def test_disabled_account_is_not_opened_by_a_link(world: World) -> None:
    user = world.user(EMAIL)
    token = mailed(world)
    world.disable(user)
    with pytest.raises(InvalidLink):
        reset(world, token)
    assert now_of(world, user).password_hash == user.password_hash


def test_unknown_token_costs_no_hash_and_no_write(world: World) -> None:
    with recorded() as calls, pytest.raises(InvalidLink):
        reset(world, "x" * 43)
    assert [call.operation for call in calls] == ["GetItem"]
