"""Change a profile."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatehouse.errors import InvalidToken
from gatehouse.flows.accounts.change_profile import ChangeProfile, change_profile
from gatehouse.identity import Identity, new_id
from gatehouse.stores import item_keys
from harness.moto_backend import START, MotoBackend
from tests.support.calls import before, recorded


def change(moto: MotoBackend, user_id: str, **fields: Any) -> str | None:
    """Returns the name after the change."""
    caller = Identity(user_id, new_id(), START + 900)
    return change_profile(moto.backend, caller, ChangeProfile.model_validate(fields)).name


def stored(moto: MotoBackend, user_id: str) -> str | None:
    user = moto.backend.accounts.users.by_id(user_id)
    assert user
    return user.name


def test_name_is_changed(moto: MotoBackend) -> None:
    user = moto.user(name="Ada")
    assert change(moto, user.id, name="Countess") == stored(moto, user.id) == "Countess"


def test_null_takes_the_name_away(moto: MotoBackend) -> None:
    user = moto.user(name="Ada")
    assert change(moto, user.id, name=None) is stored(moto, user.id) is None


@pytest.mark.parametrize("name", ["Ada", None])
def test_name_that_stays_the_same_is_not_written(moto: MotoBackend, name: str | None) -> None:
    user = moto.user(name=name)
    with recorded() as calls:
        assert change(moto, user.id, name=name) == name
    assert [call.operation for call in calls] == ["GetItem"]


def test_field_that_is_not_sent_stays(moto: MotoBackend) -> None:
    user = moto.user(name="Ada")
    assert change(moto, user.id) == stored(moto, user.id) == "Ada"


def test_other_users_stay_as_they_are(moto: MotoBackend) -> None:
    user, other = moto.user(name="Ada"), moto.user(name="Eve")
    change(moto, user.id, name="x")
    assert stored(moto, other.id) == "Eve"


def test_token_of_a_disabled_user_changes_nothing(moto: MotoBackend) -> None:
    user = moto.user(name="Ada", disabled=True)
    with pytest.raises(InvalidToken):
        change(moto, user.id, name="x")
    assert stored(moto, user.id) == "Ada"


def test_user_who_was_deleted_meanwhile_is_not_made_again(moto: MotoBackend) -> None:
    user = moto.user(name="Ada")

    def delete() -> None:
        moto.backend.accounts.table.delete(item_keys.user(user.id))

    with before("UpdateItem", delete), pytest.raises(InvalidToken):
        change(moto, user.id, name="x")
    assert moto.backend.accounts.users.by_id(user.id) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "x"},
        {"email": "eve@example.com"},
        {"email_verified": True},
        {"disabled": False},
        {"token_epoch": 0},
        {"password_hash": "x"},
        {"role": "admin"},
        {"pk": "USER#x"},
        {"ttl": 1},
    ],
)
def test_mass_assignment_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChangeProfile.model_validate({"name": "x", **fields})
