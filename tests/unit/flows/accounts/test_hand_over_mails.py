"""Hand over forgotten mails."""

import pytest

from gatehouse.emails.outbox import PATIENCE
from gatehouse.flows.accounts.hand_over_mails import hand_over_mails
from gatehouse.flows.accounts.register import Register, register
from tests.support.calls import broken
from tests.support.people import PHONE
from tests.support.world import PASSWORD, World


@pytest.fixture
def forgetful(world: World) -> World:
    """A world where a process died between a registration and its mail."""
    with broken("SendMessage"):
        request = Register.model_validate({"email": "ada@example.com", "password": PASSWORD})
        register(world.backend, request, PHONE)
    world.clock.advance(PATIENCE)
    return world


def test_forgotten_mail_reaches_the_queue_once(forgetful: World) -> None:
    hand_over_mails(forgetful.backend)
    hand_over_mails(forgetful.backend)
    assert [mail["to"] for mail in forgetful.queued()] == ["ada@example.com"]


def test_forgotten_mail_is_noticed(forgetful: World, caplog: pytest.LogCaptureFixture) -> None:
    hand_over_mails(forgetful.backend)
    assert [record.__dict__["count"] for record in caplog.records] == [1]


def test_nothing_forgotten_is_not_worth_a_word(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    hand_over_mails(world.backend)
    assert caplog.records == []
