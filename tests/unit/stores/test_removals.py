"""Removals under way."""

from tests.support.world import START, World


def begin(world: World, user_id: str, after: int = 0) -> None:
    world.backend.accounts.transact(
        world.backend.accounts.removals.beginning(user_id, START + after)
    )


def overdue(world: World, before: int) -> list[str]:
    return sorted(world.backend.accounts.removals.overdue(START + before))


def test_removal_is_overdue_after_a_while(world: World) -> None:
    begin(world, "u1")
    begin(world, "u2", after=10)
    assert [overdue(world, before) for before in (-1, 0, 10)] == [[], ["u1"], ["u1", "u2"]]


def test_removal_that_is_done_is_forgotten(world: World) -> None:
    begin(world, "u1")
    world.backend.accounts.removals.done("u1")
    assert (overdue(world, 0), world.accounts()) == ([], [])


def test_done_twice_changes_nothing(world: World) -> None:
    world.backend.accounts.removals.done("u1")
    assert world.accounts() == []
