"""Start a session: its first tokens, its device, and concurrent changes of the account."""

from collections.abc import Callable

import jwt
import pytest

from gatehouse.errors import InvalidCredentials, Unavailable
from gatehouse.flows.sign_in.start_session import start_session, tokens_of
from gatehouse.identity import Device, parse_address
from gatehouse.stores import item_keys
from gatehouse.stores.devices import MOST, fingerprint
from gatehouse.stores.table import when
from gatehouse.stores.users import User
from gatehouse.tokens import ACCESS_LIFE, RefreshToken, verify_refresh
from harness.moto_backend import START, MotoBackend
from tests.support.calls import before, broken
from tests.support.people import PHONE, mails, now_of, tags


def claims(token: str) -> dict[str, object]:
    payload: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return payload


def test_answer_has_the_names_of_rfc_6749(moto: MotoBackend) -> None:
    tokens = start_session(moto.backend, moto.user(), Device())
    assert (tokens.token_type, tokens.expires_in) == ("Bearer", ACCESS_LIFE)


def test_both_tokens_are_of_one_session(moto: MotoBackend) -> None:
    user = moto.user()
    tokens = start_session(moto.backend, user, Device())
    identity = moto.backend.keys.verify_access(tokens.access_token)
    place = verify_refresh(tokens.refresh_token, moto.backend.keys.refresh_keys)
    assert place == RefreshToken(user.id, identity.session_id, 0)


def test_session_is_written_before_its_tokens_are_given(moto: MotoBackend) -> None:
    tokens = start_session(moto.backend, moto.user(), Device())
    identity = moto.backend.keys.verify_access(tokens.access_token)
    assert moto.backend.accounts.sessions.get(identity.user_id, identity.session_id)


def test_later_tokens_say_when_the_password_was_given(moto: MotoBackend) -> None:
    user = moto.user()
    identity = moto.backend.keys.verify_access(moto.access_token(user))
    session = moto.backend.accounts.sessions.get(user.id, identity.session_id)
    assert session
    moto.clock.advance(3600)
    later = claims(tokens_of(moto.backend, session).access_token)
    assert (later["auth_time"], later["iat"]) == (START, START + 3600)


# New devices.


def test_new_device_is_told_to_the_owner(moto: MotoBackend) -> None:
    user = moto.user("ada@example.com")
    start_session(moto.backend, user, PHONE)
    mail = mails(moto)["new_device"]
    assert mail["to"] == "ada@example.com"
    assert mail["values"] == {"address": PHONE.address, "user_agent": PHONE.user_agent}


def test_text_of_a_stranger_as_the_device_is_not_told(moto: MotoBackend) -> None:
    evil = "Your account is locked: https://evil.example/unlock (Firefox)"
    start_session(moto.backend, moto.user(), Device("192.0.2.66", evil))
    assert mails(moto)["new_device"]["values"]["user_agent"] == "Firefox"


def test_known_device_is_not_told_again(moto: MotoBackend) -> None:
    user = moto.user()
    start_session(moto.backend, user, PHONE)
    mails(moto)
    start_session(moto.backend, now_of(moto, user), PHONE)
    assert mails(moto) == {}


def test_start_is_found_among_the_events(moto: MotoBackend) -> None:
    user = moto.user()
    start_session(moto.backend, user, PHONE)
    assert tags(moto, user.id) == ["user:session:start"]


def test_device_of_a_sign_in_that_failed_is_still_new(moto: MotoBackend) -> None:
    user = moto.user()
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        start_session(moto.backend, user, PHONE)
    start_session(moto.backend, now_of(moto, user), PHONE)
    assert "new_device" in mails(moto)


def test_new_devices_at_the_same_time_are_both_remembered(moto: MotoBackend) -> None:
    home, *others = (Device("192.0.2.1", name) for name in ("home", "phone", "tablet"))
    start_session(moto.backend, moto.user("ada@example.com"), home)
    user = moto.backend.accounts.users.by_email(parse_address("ada@example.com"))
    assert user
    for device in others:
        start_session(moto.backend, user, device)
    assert set(now_of(moto, user).devices) == set(map(fingerprint, (home, *others)))


def test_user_has_the_latest_devices_only(moto: MotoBackend) -> None:
    user = moto.user()
    for number in range(MOST + 2):
        moto.clock.advance(1)
        start_session(moto.backend, now_of(moto, user), Device("192.0.2.1", str(number)))
    devices = [Device("192.0.2.1", str(number)) for number in range(2, MOST + 2)]
    assert set(now_of(moto, user).devices) == set(map(fingerprint, devices))


def test_user_without_devices_gets_them_with_the_first_sign_in(moto: MotoBackend) -> None:
    user = moto.user()
    moto.backend.accounts.table.update(item_keys.user(user.id), when("REMOVE #devices"))
    start_session(moto.backend, now_of(moto, user), PHONE)
    assert now_of(moto, user).devices == {fingerprint(PHONE): START}


# Concurrent changes of the account.


def change_password(moto: MotoBackend, user: User) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.users.changing_password(user, "h"))


def disable(moto: MotoBackend, user: User) -> None:
    moto.disable(user)


def remove(moto: MotoBackend, user: User) -> None:
    moto.backend.accounts.users.remove(user)


@pytest.mark.parametrize("rival", [change_password, disable, remove])
def test_account_that_changes_meanwhile_gets_no_session(
    moto: MotoBackend, rival: Callable[[MotoBackend, User], None]
) -> None:
    user = moto.user()
    with (
        before("TransactWriteItems", lambda: rival(moto, user)),
        pytest.raises(InvalidCredentials),
    ):
        start_session(moto.backend, user, PHONE)
    assert moto.backend.accounts.sessions.of_user(user.id) == []
    assert mails(moto) == {}
    assert tags(moto, user.id) == []
