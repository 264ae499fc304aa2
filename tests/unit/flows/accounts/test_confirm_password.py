"""Ask for the password again: the caller has to be there, and to know it."""

import pytest

from gatehouse import limits
from gatehouse.errors import InvalidPassword, InvalidToken, TooManyRequests
from gatehouse.flows.accounts.confirm_password import confirm_password
from tests.support.people import PHONE, person
from tests.support.world import PASSWORD, World


def test_owner_is_found_by_session_and_password(world: World) -> None:
    ada = person(world)
    assert confirm_password(world.backend, ada.identity, PASSWORD, PHONE) == ada.user


def test_wrong_password_is_refused(world: World) -> None:
    ada = person(world)
    with pytest.raises(InvalidPassword):
        confirm_password(world.backend, ada.identity, "wrong", PHONE)


def test_right_password_is_refused_once_the_session_is_over(world: World) -> None:
    ada = person(world)
    world.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        confirm_password(world.backend, ada.identity, PASSWORD, PHONE)


def test_password_is_not_guessed_with_a_stolen_token(world: World) -> None:
    ada = person(world)
    assert limits.CONFIRM_PASSWORD.per_account
    for _ in range(limits.CONFIRM_PASSWORD.per_account.most):
        with pytest.raises(InvalidPassword):
            confirm_password(world.backend, ada.identity, "wrong", PHONE)
    with pytest.raises(TooManyRequests):
        confirm_password(world.backend, ada.identity, PASSWORD, PHONE)
