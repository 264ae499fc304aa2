"""Read a profile."""

import pytest

from gatehouse.errors import InvalidToken
from gatehouse.flows.accounts.read_profile import Profile, read_profile
from gatehouse.identity import Identity, new_id
from gatehouse.stores.users import User
from harness.moto_backend import START, MotoBackend
from tests.support.calls import recorded


def caller(user_id: str) -> Identity:
    return Identity(user_id, new_id(), START + 900)


def test_profile_is_that_of_the_caller(moto: MotoBackend) -> None:
    moto.user("eve@example.com", name="Eve")
    user = moto.user("ada@example.com", name="Ada")
    profile = read_profile(moto.backend, caller(user.id))
    assert profile == Profile(user.id, "ada@example.com", "Ada", False, "2027-01-15T08:00:00Z")


def test_profile_shows_nothing_else_of_a_user() -> None:
    assert set(Profile.__dataclass_fields__) < set(User.__dataclass_fields__)
    assert "password_hash" not in Profile.__dataclass_fields__


def test_profile_costs_one_read(moto: MotoBackend) -> None:
    user = moto.user()
    with recorded() as calls:
        read_profile(moto.backend, caller(user.id))
    assert [call.operation for call in calls] == ["GetItem"]


def test_token_of_a_deleted_user_is_not_valid(moto: MotoBackend) -> None:
    with pytest.raises(InvalidToken):
        read_profile(moto.backend, caller(new_id()))


def test_token_of_a_disabled_user_is_not_valid(moto: MotoBackend) -> None:
    user = moto.user(disabled=True)
    with pytest.raises(InvalidToken):
        read_profile(moto.backend, caller(user.id))
