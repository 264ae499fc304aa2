"""What maintenance does with accounts that were closed and not removed."""

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.lifecycle.finish_removals import PATIENCE, finish_removal, finish_removals
from tests.support.calls import broken
from tests.support.people import Person, partitions, person
from tests.support.sockets import Hall
from tests.support.world import World


def closed(world: World) -> Person:
    """Somebody whose account was closed by a process that died right after."""
    ada = person(world)
    world.backend.accounts.transact(
        world.backend.accounts.users.closing(ada.user),
        world.backend.accounts.removals.beginning(ada.user.id, world.clock.now()),
    )
    return ada


def test_interrupted_removal_is_finished(world: World) -> None:
    closed(world)
    world.clock.advance(PATIENCE)
    finish_removals(world.backend)
    assert partitions(world) == []


def test_fresh_removal_is_left_to_its_own_process(world: World) -> None:
    ada = closed(world)
    world.clock.advance(PATIENCE - 1)
    finish_removals(world.backend)
    assert world.backend.accounts.users.by_id(ada.user.id)


def test_sockets_are_closed(world: World) -> None:
    hall = Hall(world)
    ada = person(world)
    client = hall.client(ada.user)
    world.backend.accounts.transact(world.backend.accounts.users.closing(ada.user))
    finish_removal(hall.backend, ada.user.id)
    assert client.disconnects == [3503]


@pytest.mark.parametrize("operation", ["DeleteItem", "TransactWriteItems", "GetItem"])
def test_any_step_can_be_done_again(world: World, operation: str) -> None:
    ada = closed(world)
    with broken(operation), pytest.raises(Unavailable):
        finish_removal(world.backend, ada.user.id)
    finish_removal(world.backend, ada.user.id)
    assert partitions(world) == []


def test_second_time_changes_nothing(world: World) -> None:
    ada, eve = closed(world), person(world)
    for _ in range(2):
        finish_removal(world.backend, ada.user.id)
    assert world.backend.accounts.users.by_id(eve.user.id) == eve.user


def test_address_that_somebody_else_has_by_now_stays_theirs(world: World) -> None:
    ada = closed(world)
    world.backend.accounts.users.remove(ada.user)
    successor = world.user(ada.user.email)
    world.backend.accounts.users.remove(successor)
    again = world.user(ada.user.email)
    finish_removal(world.backend, ada.user.id)
    assert world.backend.accounts.users.by_id(again.id) == again
