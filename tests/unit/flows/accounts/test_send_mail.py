"""Send a mail of the queue, once."""

import json
from typing import Any

import pytest

from gatehouse.emails.messages import welcome
from gatehouse.errors import MalformedJson, Unavailable
from gatehouse.flows.accounts.send_mail import send_mail
from gatehouse.stores.mails import CLAIM_LIFE
from tests.support.calls import before, broken
from tests.support.world import World


def body(**changes: Any) -> str:
    message = welcome("u1", to="ada@example.com", name="Ada", public_url="https://api.example.com")
    return json.dumps({**message.to_json(), **changes})


def recipients(world: World) -> list[str]:
    return [to for mail in world.sent() for to in mail.destinations["ToAddresses"]]


def test_mail_is_sent(world: World) -> None:
    send_mail(world.backend, body())
    assert recipients(world) == ["ada@example.com"]


def test_message_that_comes_twice_is_sent_once(world: World) -> None:
    send_mail(world.backend, body())
    world.clock.advance(CLAIM_LIFE)
    send_mail(world.backend, body())
    assert len(world.sent()) == 1


def test_mails_of_two_keys_are_two_mails(world: World) -> None:
    send_mail(world.backend, body())
    send_mail(world.backend, body(key="welcome-u2"))
    assert len(world.sent()) == 2


def test_message_that_another_mailer_is_sending_is_left_to_it(world: World) -> None:
    with before("SendEmail", lambda: send_mail(world.backend, body())):
        send_mail(world.backend, body())
    assert len(world.sent()) == 1


def test_mail_that_ses_refused_can_be_tried_at_once(world: World) -> None:
    with broken("SendEmail"), pytest.raises(Unavailable):
        send_mail(world.backend, body())
    send_mail(world.backend, body())
    assert len(world.sent()) == 1


def test_mail_of_a_mailer_that_died_is_sent_when_its_claim_has_ended(world: World) -> None:
    world.backend.accounts.mails.claim("welcome-u1", world.clock.now())
    send_mail(world.backend, body())
    assert world.sent() == []
    world.clock.advance(CLAIM_LIFE)
    send_mail(world.backend, body())
    assert len(world.sent()) == 1


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", '{"key":"k"}', body(x=1)])
def test_poison_message_fails_without_a_claim(world: World, text: str) -> None:
    with pytest.raises((MalformedJson, TypeError)):
        send_mail(world.backend, text)
    assert world.accounts() == []


@pytest.mark.parametrize("changes", [{"template": "unknown"}, {"values": {}}])
def test_message_that_cannot_be_rendered_fails_without_a_claim(
    world: World, changes: dict[str, Any]
) -> None:
    with pytest.raises((KeyError, OSError)):
        send_mail(world.backend, body(**changes))
    assert world.accounts() == []


def test_no_mail_leaves_while_the_table_does_not_answer(world: World) -> None:
    with broken("PutItem"), pytest.raises(Unavailable):
        send_mail(world.backend, body())
    assert world.sent() == []
