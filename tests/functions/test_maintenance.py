"""Maintenance's tick, as far as mails are concerned."""

import pytest

from gatehouse.emails.outbox import PATIENCE
from tests.support.calls import broken
from tests.support.events import sample
from tests.support.functions import CONTEXT, load_app, serve
from tests.support.world import World


def tick(world: World) -> None:
    load_app("maintenance", world.backend).handler(sample("maintenance-tick"), CONTEXT)


def test_tick_in_an_empty_house_does_nothing(world: World) -> None:
    tick(world)
    assert (world.accounts(), world.queued()) == ([], [])


def test_forgotten_mail_is_handed_over_once(world: World) -> None:
    with broken("SendMessage"):
        serve("register", world.backend)(sample("post-register"))
    world.clock.advance(PATIENCE)
    tick(world)
    tick(world)
    assert [mail["to"] for mail in world.queued()] == ["ada@example.com"]


def test_fresh_mail_is_left_to_its_own_process(world: World) -> None:
    with broken("SendMessage"):
        serve("register", world.backend)(sample("post-register"))
    world.clock.advance(PATIENCE - 1)
    tick(world)
    assert world.queued() == []


def test_tick_that_fails_is_seen_to_fail(world: World) -> None:
    with broken("Query"), pytest.raises(Exception, match="Temporarily unavailable"):
        tick(world)


def test_interrupted_removal_is_finished(world: World) -> None:
    user = world.user()
    world.backend.accounts.transact(
        world.backend.accounts.users.closing(user),
        world.backend.accounts.removals.beginning(user.id, world.clock.now()),
    )
    world.clock.advance(PATIENCE)
    tick(world)
    assert world.accounts() == []
