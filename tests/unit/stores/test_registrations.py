"""Pending registrations."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.identity import new_id, parse_address
from gatehouse.stores import item_keys
from gatehouse.stores.registrations import LIFE, Registration
from gatehouse.stores.table import when
from harness.moto_backend import START, MotoBackend
from tests.support.calls import recorded

ADDRESS = parse_address("Ada@example.com")


def add(moto: MotoBackend, after: int = 0, name: str | None = "Ada") -> Registration:
    registration = Registration(
        id=new_id(), address=ADDRESS, password_hash="h", name=name, created_at=START + after
    )
    moto.backend.accounts.transact(moto.backend.accounts.registrations.adding(registration))
    return registration


def get(moto: MotoBackend, registration: Registration, after: int = 0) -> Registration | None:
    registrations = moto.backend.accounts.registrations
    return registrations.get(ADDRESS.canonical, registration.id, START + after)


@pytest.mark.parametrize("name", ["Ada", None])
def test_registration_comes_back_as_it_was_added(moto: MotoBackend, name: str | None) -> None:
    registration = add(moto, name=name)
    assert get(moto, registration) == registration


def test_registration_waits_for_a_day(moto: MotoBackend) -> None:
    registration = add(moto)
    assert get(moto, registration, after=LIFE - 1)
    assert get(moto, registration, after=LIFE) is None


def test_registration_of_another_address_is_not_found(moto: MotoBackend) -> None:
    registration = add(moto)
    assert (
        moto.backend.accounts.registrations.get("eve@example.com", registration.id, START) is None
    )


def test_latest_of_many_is_the_newest(moto: MotoBackend) -> None:
    registrations = [add(moto, after) for after in (5, 9, 7)]
    assert (
        moto.backend.accounts.registrations.latest(ADDRESS.canonical, START + 10)
        == registrations[1]
    )


def test_latest_is_none_where_all_are_too_old(moto: MotoBackend) -> None:
    add(moto)
    assert moto.backend.accounts.registrations.latest(ADDRESS.canonical, START + LIFE) is None


def test_account_of_the_address_is_no_registration(moto: MotoBackend) -> None:
    moto.user("ada@example.com")
    assert moto.backend.accounts.registrations.latest(ADDRESS.canonical, START) is None


def test_waiting_registrations_come_newest_first(moto: MotoBackend) -> None:
    old, newest, middle = (add(moto, after) for after in (5, 9, 7))
    waiting = moto.backend.accounts.registrations.of_address(ADDRESS.canonical, START + 10)
    assert waiting == [newest, middle, old]


def test_expired_registration_does_not_wait(moto: MotoBackend) -> None:
    add(moto)
    later = add(moto, after=1)
    assert moto.backend.accounts.registrations.of_address(ADDRESS.canonical, START + LIFE) == [
        later
    ]


def test_none_waits_once_the_address_has_an_account(moto: MotoBackend) -> None:
    registration = add(moto)
    moto.user("ada@example.com")
    assert moto.backend.accounts.registrations.of_address(ADDRESS.canonical, START) == []
    assert get(moto, registration)


def test_waiting_costs_one_read(moto: MotoBackend) -> None:
    add(moto)
    with recorded() as calls:
        moto.backend.accounts.registrations.of_address(ADDRESS.canonical, START)
    assert [call.operation for call in calls] == ["Query"]


def test_registration_of_the_former_version_has_no_place(moto: MotoBackend) -> None:
    registration = add(moto)
    key = item_keys.registration(ADDRESS.canonical, registration.id)
    moto.backend.accounts.table.update(key, when("REMOVE #place"))
    assert get(moto, registration) == registration


def test_registration_is_removed_once(moto: MotoBackend) -> None:
    registration = add(moto)
    moto.backend.accounts.transact(moto.backend.accounts.registrations.removing(registration))
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.transact(moto.backend.accounts.registrations.removing(registration))


def test_registration_is_not_shown_with_its_hash(moto: MotoBackend) -> None:
    registration = add(moto)
    assert repr(registration) == f"Registration(id={registration.id!r})"


def test_all_that_wait_are_removed_but_not_the_guard_of_the_account(moto: MotoBackend) -> None:
    user = moto.user(ADDRESS.written)
    for _ in range(3):
        add(moto)
    registrations = moto.backend.accounts.registrations
    assert [registrations.remove_all(ADDRESS.canonical, 2) for _ in range(2)] == [False, True]
    assert [item["sk"]["S"] for item in moto.accounts()] == ["EMAIL", "PROFILE"]
    assert moto.backend.accounts.users.by_email(ADDRESS) == user


def test_those_of_another_address_are_left(moto: MotoBackend) -> None:
    registration = add(moto)
    assert moto.backend.accounts.registrations.remove_all("ada@example.org", 9)
    assert get(moto, registration) == registration
