"""Start a session: what the first tokens say."""

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
from tests.support.calls import before, broken
from tests.support.people import PHONE, letters, now_of, tags
from tests.support.world import START, World


def claims(token: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_answer_has_the_names_of_rfc_6749(world: World) -> None:
    tokens = start_session(world.backend, world.user(), Device())
    assert (tokens.token_type, tokens.expires_in) == ("Bearer", ACCESS_LIFE)


def test_both_tokens_are_of_one_session(world: World) -> None:
    user = world.user()
    tokens = start_session(world.backend, user, Device())
    identity = world.backend.keys.verify_access(tokens.access_token)
    place = verify_refresh(tokens.refresh_token, world.backend.keys.refresh_keys)
    assert place == RefreshToken(user.id, identity.session_id, 0)


def test_session_is_written_before_its_tokens_are_given(world: World) -> None:
    tokens = start_session(world.backend, world.user(), Device())
    identity = world.backend.keys.verify_access(tokens.access_token)
    assert world.backend.accounts.sessions.get(identity.user_id, identity.session_id)


def test_later_tokens_say_when_the_password_was_given(world: World) -> None:
    user = world.user()
    identity = world.backend.keys.verify_access(world.access_token(user))
    session = world.backend.accounts.sessions.get(user.id, identity.session_id)
    assert session
    world.clock.advance(3600)
    later = claims(tokens_of(world.backend, session).access_token)
    assert (later["auth_time"], later["iat"]) == (START, START + 3600)


# New devices.


def test_new_device_is_told_to_the_owner(world: World) -> None:
    user = world.user("ada@example.com")
    start_session(world.backend, user, PHONE)
    mail = letters(world)["new_device"]
    assert mail["to"] == "ada@example.com"
    assert mail["values"] == {"address": PHONE.address, "user_agent": PHONE.user_agent}


def test_known_device_is_not_told_again(world: World) -> None:
    user = world.user()
    start_session(world.backend, user, PHONE)
    letters(world)
    start_session(world.backend, now_of(world, user), PHONE)
    assert letters(world) == {}


def test_start_is_found_among_the_events(world: World) -> None:
    user = world.user()
    start_session(world.backend, user, PHONE)
    assert tags(world, user.id) == ["user:session:start"]


def test_device_of_a_sign_in_that_failed_is_still_new(world: World) -> None:
    user = world.user()
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        start_session(world.backend, user, PHONE)
    start_session(world.backend, now_of(world, user), PHONE)
    assert "new_device" in letters(world)


def test_new_devices_at_the_same_time_are_both_remembered(world: World) -> None:
    home, *others = (Device("192.0.2.1", name) for name in ("home", "phone", "tablet"))
    start_session(world.backend, world.user("ada@example.com"), home)
    user = world.backend.accounts.users.by_email(parse_address("ada@example.com"))
    assert user
    for device in others:
        start_session(world.backend, user, device)
    assert set(now_of(world, user).devices) == set(map(fingerprint, (home, *others)))


def test_user_has_the_latest_devices_only(world: World) -> None:
    user = world.user()
    for number in range(MOST + 2):
        world.clock.advance(1)
        start_session(world.backend, now_of(world, user), Device("192.0.2.1", str(number)))
    kept = [Device("192.0.2.1", str(number)) for number in range(2, MOST + 2)]
    assert set(now_of(world, user).devices) == set(map(fingerprint, kept))


def test_user_without_devices_gets_them_with_the_first_sign_in(world: World) -> None:
    user = world.user()
    world.backend.accounts.table.update(item_keys.user(user.id), when("REMOVE #devices"))
    start_session(world.backend, now_of(world, user), PHONE)
    assert now_of(world, user).devices == {fingerprint(PHONE): START}


# The account may change beside it.


def change_password(world: World, user: User) -> None:
    world.backend.accounts.transact(world.backend.accounts.users.changing_password(user, "h"))


def disable(world: World, user: User) -> None:
    world.disable(user)


def remove(world: World, user: User) -> None:
    world.backend.accounts.users.remove(user)


@pytest.mark.parametrize("rival", [change_password, disable, remove])
def test_account_that_changes_meanwhile_gets_no_session(
    world: World, rival: Callable[[World, User], None]
) -> None:
    user = world.user()
    with (
        before("TransactWriteItems", lambda: rival(world, user)),
        pytest.raises(InvalidCredentials),
    ):
        start_session(world.backend, user, PHONE)
    assert world.backend.accounts.sessions.of_user(user.id) == []
    assert letters(world) == {}
    assert tags(world, user.id) == []
