"""Registrations that wait."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.identity import new_id, parse_address
from gatehouse.stores.registrations import LIFE, Registration
from tests.support.world import START, World

ADDRESS = parse_address("Ada@example.com")


def add(world: World, after: int = 0, name: str | None = "Ada") -> Registration:
    registration = Registration(
        id=new_id(), address=ADDRESS, password_hash="h", name=name, created_at=START + after
    )
    world.backend.accounts.transact(world.backend.accounts.registrations.adding(registration))
    return registration


def get(world: World, registration: Registration, after: int = 0) -> Registration | None:
    registrations = world.backend.accounts.registrations
    return registrations.get(ADDRESS.canonical, registration.id, START + after)


@pytest.mark.parametrize("name", ["Ada", None])
def test_registration_comes_back_as_it_was_added(world: World, name: str | None) -> None:
    registration = add(world, name=name)
    assert get(world, registration) == registration


def test_registration_waits_for_a_day(world: World) -> None:
    registration = add(world)
    assert get(world, registration, after=LIFE - 1)
    assert get(world, registration, after=LIFE) is None


def test_registration_of_another_address_is_not_found(world: World) -> None:
    registration = add(world)
    assert (
        world.backend.accounts.registrations.get("eve@example.com", registration.id, START) is None
    )


def test_latest_of_many_is_the_newest(world: World) -> None:
    made = [add(world, after) for after in (5, 9, 7)]
    assert world.backend.accounts.registrations.latest(ADDRESS.canonical, START + 10) == made[1]


def test_latest_is_none_where_all_are_too_old(world: World) -> None:
    add(world)
    assert world.backend.accounts.registrations.latest(ADDRESS.canonical, START + LIFE) is None


def test_account_of_the_address_is_no_registration(world: World) -> None:
    world.user("ada@example.com")
    assert world.backend.accounts.registrations.latest(ADDRESS.canonical, START) is None


def test_registration_is_removed_once(world: World) -> None:
    registration = add(world)
    world.backend.accounts.transact(world.backend.accounts.registrations.removing(registration))
    with pytest.raises(TransactionRefused):
        world.backend.accounts.transact(world.backend.accounts.registrations.removing(registration))


def test_registration_is_not_shown_with_its_hash(world: World) -> None:
    registration = add(world)
    assert repr(registration) == f"Registration(id={registration.id!r})"
