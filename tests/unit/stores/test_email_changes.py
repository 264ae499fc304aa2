"""Changes of address that wait."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.identity import new_id, parse_address
from gatehouse.stores.email_changes import NEW, OLD, EmailChange
from tests.support.world import START, World


def add(world: World) -> EmailChange:
    change = EmailChange(
        id=new_id(),
        user_id="u1",
        address=parse_address("New@example.com"),
        token_epoch=2,
        ends_at=START + 60,
    )
    world.backend.accounts.transact(world.backend.accounts.email_changes.adding(change))
    return change


def get(world: World, change: EmailChange, after: int = 0) -> EmailChange | None:
    return world.backend.accounts.email_changes.get("u1", change.id, START + after)


def confirm(world: World, change: EmailChange, end: str) -> None:
    world.backend.accounts.transact(world.backend.accounts.email_changes.confirming(change, end))


def complete(world: World, change: EmailChange) -> None:
    world.backend.accounts.transact(world.backend.accounts.email_changes.completing(change))


def test_change_comes_back_as_it_was_added(world: World) -> None:
    change = add(world)
    assert get(world, change) == change


def test_change_ends(world: World) -> None:
    change = add(world)
    assert get(world, change, after=59)
    assert get(world, change, after=60) is None


def test_change_that_waits_is_found_by_its_user(world: World) -> None:
    change = add(world)
    waiting = world.backend.accounts.email_changes.pending
    assert waiting("u1", START) == change
    assert waiting("u2", START) is None
    assert waiting("u1", START + 60) is None


def test_later_change_takes_the_place_of_an_earlier_one(world: World) -> None:
    first, second = add(world), add(world)
    assert get(world, first) is None
    assert get(world, second) == second


def test_first_end_is_noted(world: World) -> None:
    change = add(world)
    confirm(world, change, OLD)
    found = get(world, change)
    assert found
    assert found.confirmed == OLD


def test_second_end_that_saw_no_first_one_is_refused(world: World) -> None:
    change = add(world)
    confirm(world, change, OLD)
    with pytest.raises(TransactionRefused):
        confirm(world, change, NEW)


def test_change_is_completed_once(world: World) -> None:
    change = add(world)
    complete(world, change)
    with pytest.raises(TransactionRefused):
        complete(world, change)


def test_change_that_was_replaced_is_not_completed(world: World) -> None:
    first = add(world)
    add(world)
    with pytest.raises(TransactionRefused):
        complete(world, first)
