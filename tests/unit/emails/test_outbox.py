"""The outbox: a mail is kept until the queue has it."""

import pytest

from gatehouse.emails.messages import Message, welcome
from gatehouse.emails.outbox import PATIENCE
from gatehouse.errors import Unavailable
from tests.support.calls import broken
from tests.support.world import World


def hello(user_id: str = "u1") -> Message:
    return welcome(user_id, to="ada@example.com", name="Ada", public_url="https://api.example.com")


def keep(world: World, *messages: Message) -> None:
    world.backend.accounts.transact(*map(world.backend.accounts.outbox.adding, messages))


def waiting(world: World) -> list[str]:
    return [item["key"]["S"] for item in world.accounts() if item["pk"]["S"] == "OUTBOX"]


def test_kept_mail_waits(world: World) -> None:
    keep(world, hello())
    assert waiting(world) == ["welcome-u1"]


def test_mail_that_was_handed_over_waits_no_longer(world: World) -> None:
    keep(world, hello())
    world.backend.accounts.outbox.hand_over(hello())
    assert waiting(world) == []
    assert world.queued() == [hello().to_json()]


def test_mail_waits_on_while_the_queue_does_not_answer(world: World) -> None:
    keep(world, hello())
    with broken("SendMessage"):
        world.backend.accounts.outbox.hand_over(hello())
    assert waiting(world) == ["welcome-u1"]


def test_mail_waits_on_when_its_departure_was_not_noted(world: World) -> None:
    keep(world, hello())
    with broken("DeleteItem"):
        world.backend.accounts.outbox.hand_over(hello())
    assert waiting(world) == ["welcome-u1"]
    assert len(world.queued()) == 1


def test_forgotten_mail_is_handed_over_later(world: World) -> None:
    keep(world, hello("u1"), hello("u2"))
    world.clock.advance(PATIENCE)
    assert world.backend.accounts.outbox.hand_over_forgotten() == 2
    assert waiting(world) == []
    assert {mail["key"] for mail in world.queued()} == {"welcome-u1", "welcome-u2"}


def test_mail_that_is_just_being_handed_over_is_left_alone(world: World) -> None:
    keep(world, hello())
    world.clock.advance(PATIENCE - 1)
    assert world.backend.accounts.outbox.hand_over_forgotten() == 0
    assert waiting(world) == ["welcome-u1"]


def test_forgotten_mail_waits_on_while_the_queue_does_not_answer(world: World) -> None:
    keep(world, hello())
    world.clock.advance(PATIENCE)
    with broken("SendMessage"), pytest.raises(Unavailable):
        world.backend.accounts.outbox.hand_over_forgotten()
    assert waiting(world) == ["welcome-u1"]


def test_nothing_forgotten_is_nothing_to_do(world: World) -> None:
    assert world.backend.accounts.outbox.hand_over_forgotten() == 0
    assert world.queued() == []
