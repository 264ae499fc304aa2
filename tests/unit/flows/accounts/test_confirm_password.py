"""Ask for the password again: the caller must have a live session and know the password."""

import pytest

from gatehouse import limits
from gatehouse.errors import InvalidPassword, InvalidToken, TooManyRequests
from gatehouse.flows.accounts.confirm_password import confirm_password
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.people import PHONE, person, tags


def test_owner_is_found_by_session_and_password(moto: MotoBackend) -> None:
    ada = person(moto)
    assert confirm_password(moto.backend, ada.identity, PASSWORD, PHONE) == ada.user


def test_wrong_password_is_refused(moto: MotoBackend) -> None:
    ada = person(moto)
    with pytest.raises(InvalidPassword):
        confirm_password(moto.backend, ada.identity, "wrong", PHONE)


def test_right_password_is_refused_once_the_session_is_over(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        confirm_password(moto.backend, ada.identity, PASSWORD, PHONE)


def test_password_is_not_guessed_with_a_stolen_token(moto: MotoBackend) -> None:
    ada = person(moto)
    assert limits.CONFIRM_PASSWORD.per_account
    for _ in range(limits.CONFIRM_PASSWORD.per_account.most):
        with pytest.raises(InvalidPassword):
            confirm_password(moto.backend, ada.identity, "wrong", PHONE)
    with pytest.raises(TooManyRequests):
        confirm_password(moto.backend, ada.identity, PASSWORD, PHONE)


def test_wrong_password_is_noted_with_its_session(moto: MotoBackend) -> None:
    ada = person(moto)
    with pytest.raises(InvalidPassword):
        confirm_password(moto.backend, ada.identity, "wrong", PHONE)
    assert tags(moto, ada.user.id) == ["system:password:refuse", "user:session:start"]
    events = moto.backend.accounts.events.latest(ada.user.id, before=None, limit=9)
    (noted,) = (event for event in events if event.tag == "system:password:refuse")
    assert (noted.session_id, noted.address) == (ada.session_id, PHONE.address)
