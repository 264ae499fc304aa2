"""The outbox: a mail stays stored until the queue has it."""

import pytest

from gatehouse.emails.messages import Message, welcome
from gatehouse.emails.outbox import PATIENCE
from gatehouse.errors import Unavailable
from harness.moto_backend import MotoBackend
from tests.support.calls import broken


def hello(user_id: str = "u1") -> Message:
    return welcome(user_id, to="ada@example.com", name="Ada", public_url="https://api.example.com")


def keep(moto: MotoBackend, *messages: Message) -> None:
    moto.backend.accounts.transact(*map(moto.backend.accounts.outbox.adding, messages))


def waiting(moto: MotoBackend) -> list[str]:
    return [item["key"]["S"] for item in moto.accounts() if item["pk"]["S"] == "OUTBOX"]


def test_kept_mail_waits(moto: MotoBackend) -> None:
    keep(moto, hello())
    assert waiting(moto) == ["welcome-u1"]


def test_mail_that_was_handed_over_waits_no_longer(moto: MotoBackend) -> None:
    keep(moto, hello())
    moto.backend.accounts.outbox.hand_over(hello())
    assert waiting(moto) == []
    assert moto.queued() == [hello().to_json()]


def test_mail_waits_on_while_the_queue_does_not_answer(moto: MotoBackend) -> None:
    keep(moto, hello())
    with broken("SendMessage"):
        moto.backend.accounts.outbox.hand_over(hello())
    assert waiting(moto) == ["welcome-u1"]


def test_mail_waits_on_when_its_departure_was_not_noted(moto: MotoBackend) -> None:
    keep(moto, hello())
    with broken("DeleteItem"):
        moto.backend.accounts.outbox.hand_over(hello())
    assert waiting(moto) == ["welcome-u1"]
    assert len(moto.queued()) == 1


def test_forgotten_mail_is_handed_over_later(moto: MotoBackend) -> None:
    keep(moto, hello("u1"), hello("u2"))
    moto.clock.advance(PATIENCE)
    assert moto.backend.accounts.outbox.hand_over_forgotten() == 2
    assert waiting(moto) == []
    assert {mail["key"] for mail in moto.queued()} == {"welcome-u1", "welcome-u2"}


def test_mail_that_is_just_being_handed_over_is_left_alone(moto: MotoBackend) -> None:
    keep(moto, hello())
    moto.clock.advance(PATIENCE - 1)
    assert moto.backend.accounts.outbox.hand_over_forgotten() == 0
    assert waiting(moto) == ["welcome-u1"]


def test_forgotten_mail_waits_on_while_the_queue_does_not_answer(moto: MotoBackend) -> None:
    keep(moto, hello())
    moto.clock.advance(PATIENCE)
    with broken("SendMessage"), pytest.raises(Unavailable):
        moto.backend.accounts.outbox.hand_over_forgotten()
    assert waiting(moto) == ["welcome-u1"]


def test_nothing_forgotten_is_nothing_to_do(moto: MotoBackend) -> None:
    assert moto.backend.accounts.outbox.hand_over_forgotten() == 0
    assert moto.queued() == []
