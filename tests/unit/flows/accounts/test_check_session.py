"""Check the session, the epoch and the account of an access token."""

import pytest

from gatehouse.errors import InvalidToken
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.identity import Identity
from gatehouse.stores.sessions import IDLE_LIFE
from harness.moto_backend import MotoBackend
from tests.support.people import person


def test_live_session_has_its_user(moto: MotoBackend) -> None:
    ada = person(moto)
    assert active_user(moto.backend, ada.identity) == ada.user


def test_revoked_session_has_none(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.sessions.revoke(ada.user.id, ada.session_id)
    with pytest.raises(InvalidToken):
        active_user(moto.backend, ada.identity)


def test_idle_session_has_none(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.clock.advance(IDLE_LIFE)
    with pytest.raises(InvalidToken):
        active_user(moto.backend, ada.identity)


def test_disabled_user_is_none(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.disable(ada.user)
    with pytest.raises(InvalidToken):
        active_user(moto.backend, ada.identity)


def test_session_of_an_older_epoch_has_none(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.transact(moto.backend.accounts.users.changing_password(ada.user, "h"))
    with pytest.raises(InvalidToken):
        active_user(moto.backend, ada.identity)


def test_user_who_is_gone_is_none(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.users.remove(ada.user)
    with pytest.raises(InvalidToken):
        active_user(moto.backend, ada.identity)


def test_session_of_somebody_else_has_none(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    with pytest.raises(InvalidToken):
        active_user(moto.backend, Identity(eve.user.id, ada.session_id, 0))
