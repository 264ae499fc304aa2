"""Send an email from the queue, once."""

import json
from typing import Any

import pytest

from gatehouse.emails.messages import welcome
from gatehouse.errors import MalformedJson, Unavailable
from gatehouse.flows.accounts.send_mail import send_mail
from gatehouse.stores.mails import CLAIM_LIFE
from harness.moto_backend import MotoBackend
from tests.support.calls import before, broken


def body(**changes: Any) -> str:
    message = welcome("u1", to="ada@example.com", name="Ada", public_url="https://api.example.com")
    return json.dumps({**message.to_json(), **changes})


def recipients(moto: MotoBackend) -> list[str]:
    return [to for mail in moto.sent() for to in mail.destinations["ToAddresses"]]


def test_mail_is_sent(moto: MotoBackend) -> None:
    send_mail(moto.backend, body())
    assert recipients(moto) == ["ada@example.com"]


def test_message_that_comes_twice_is_sent_once(moto: MotoBackend) -> None:
    send_mail(moto.backend, body())
    moto.clock.advance(CLAIM_LIFE)
    send_mail(moto.backend, body())
    assert len(moto.sent()) == 1


def test_mails_of_two_keys_are_two_mails(moto: MotoBackend) -> None:
    send_mail(moto.backend, body())
    send_mail(moto.backend, body(key="welcome-u2"))
    assert len(moto.sent()) == 2


def test_message_that_another_mailer_is_sending_is_left_to_it(moto: MotoBackend) -> None:
    with before("SendEmail", lambda: send_mail(moto.backend, body())):
        send_mail(moto.backend, body())
    assert len(moto.sent()) == 1


def test_mail_that_ses_refused_can_be_tried_at_once(moto: MotoBackend) -> None:
    with broken("SendEmail"), pytest.raises(Unavailable):
        send_mail(moto.backend, body())
    send_mail(moto.backend, body())
    assert len(moto.sent()) == 1


def test_mail_of_a_mailer_that_died_is_sent_when_its_claim_has_ended(moto: MotoBackend) -> None:
    moto.backend.accounts.mails.claim("welcome-u1", moto.clock.now())
    send_mail(moto.backend, body())
    assert moto.sent() == []
    moto.clock.advance(CLAIM_LIFE)
    send_mail(moto.backend, body())
    assert len(moto.sent()) == 1


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "{}", '{"key":"k"}', body(x=1)])
def test_poison_message_fails_without_a_claim(moto: MotoBackend, text: str) -> None:
    with pytest.raises((MalformedJson, TypeError)):
        send_mail(moto.backend, text)
    assert moto.accounts() == []


@pytest.mark.parametrize("changes", [{"template": "unknown"}, {"values": {}}])
def test_message_that_cannot_be_rendered_fails_without_a_claim(
    moto: MotoBackend, changes: dict[str, Any]
) -> None:
    with pytest.raises((KeyError, OSError)):
        send_mail(moto.backend, body(**changes))
    assert moto.accounts() == []


def test_no_mail_leaves_while_the_table_does_not_answer(moto: MotoBackend) -> None:
    with broken("PutItem"), pytest.raises(Unavailable):
        send_mail(moto.backend, body())
    assert moto.sent() == []
