"""Send an email from the queue, once."""

import json
from typing import Any

import pytest

from gatehouse.emails.messages import welcome
from gatehouse.errors import MalformedJson, Unavailable
from gatehouse.flows.accounts.send_mail import send_mail
from gatehouse.identity import known_address
from gatehouse.stores.mails import CLAIM_LIFE
from gatehouse.stores.users import User
from harness.moto_backend import MotoBackend
from tests.support.calls import before, broken, contend, recorded, refused
from tests.support.interleaving import CONTENDERS
from tests.support.people import tags
from tests.support.simulation import quick_transactions


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


# An address that cannot receive mail.

BAD = ("SendEmail", "BadRequestException", "Invalid email address.")
NOTE = "system:email:undeliverable"
FEWER = 10
"""Rounds of the race. Each has many calls."""


@pytest.fixture
def ada(moto: MotoBackend) -> User:
    return moto.user("ada@example.com")


def test_bad_address_is_not_tried_again(moto: MotoBackend) -> None:
    with refused(*BAD):
        send_mail(moto.backend, body())
    moto.clock.advance(CLAIM_LIFE)
    with recorded() as calls:
        send_mail(moto.backend, body())
    assert "SendEmail" not in [call.operation for call in calls]


def test_bad_address_is_noted_on_its_account_once(moto: MotoBackend, ada: User) -> None:
    with refused(*BAD):
        send_mail(moto.backend, body())
        moto.clock.advance(CLAIM_LIFE)
        send_mail(moto.backend, body())
    assert tags(moto, ada.id) == [NOTE]


def test_two_mails_to_a_bad_address_are_two_events(moto: MotoBackend, ada: User) -> None:
    with refused(*BAD):
        send_mail(moto.backend, body())
        send_mail(moto.backend, body(key="welcome-u2"))
    assert tags(moto, ada.id) == [NOTE, NOTE]


def test_bad_address_without_an_account_is_noted_nowhere(moto: MotoBackend, ada: User) -> None:
    with refused(*BAD):
        send_mail(moto.backend, body(to="eve@example.com"))
    assert tags(moto, ada.id) == []


def test_bad_address_of_a_closed_account_is_noted_nowhere(moto: MotoBackend, ada: User) -> None:
    moto.disable(ada)
    with refused(*BAD):
        send_mail(moto.backend, body())
    assert tags(moto, ada.id) == []


def test_account_that_moves_meanwhile_gets_no_note(moto: MotoBackend, ada: User) -> None:
    accounts = moto.backend.accounts
    writes = accounts.users.changing_email(ada, known_address("ada@example.org"))
    with before("TransactWriteItems", lambda: accounts.transact(*writes)), refused(*BAD):
        send_mail(moto.backend, body())
    assert tags(moto, ada.id) == []


def test_account_of_an_earlier_version_is_noted(moto: MotoBackend) -> None:
    user = moto.user("eve%relay@example.com")
    with refused(*BAD):
        send_mail(moto.backend, body(to=user.email))
    assert tags(moto, user.id) == [NOTE]


def test_mailers_that_race_to_give_up_note_it_once(moto: MotoBackend, ada: User) -> None:
    def give_up(key: str) -> None:
        # The claims of those before have ended, and they are still at work.
        moto.clock.advance(CLAIM_LIFE)
        send_mail(moto.backend, body(key=key))

    with quick_transactions(), refused(*BAD):
        for number in range(FEWER):
            key = f"k{number}"
            contend("TransactWriteItems", [lambda key=key: give_up(key)] * CONTENDERS)  # type: ignore[misc]
    assert tags(moto, ada.id) == [NOTE] * FEWER


def test_note_that_cannot_be_written_is_written_later(moto: MotoBackend, ada: User) -> None:
    with refused(*BAD):
        with broken("TransactWriteItems"), pytest.raises(Unavailable):
            send_mail(moto.backend, body())
        moto.clock.advance(CLAIM_LIFE)
        send_mail(moto.backend, body())
    assert tags(moto, ada.id) == [NOTE]


@pytest.mark.parametrize(
    "code",
    [
        "AccountSuspendedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "AccessDeniedException",
        "TooManyRequestsException",
        "LimitExceededException",
    ],
)
def test_mail_that_the_operator_must_help_is_kept(moto: MotoBackend, ada: User, code: str) -> None:
    with refused("SendEmail", code, "address"), pytest.raises(Unavailable):
        send_mail(moto.backend, body())
    assert tags(moto, ada.id) == []
    send_mail(moto.backend, body())
    assert recipients(moto) == [ada.email]


def test_mail_of_the_sandbox_is_kept(moto: MotoBackend, ada: User) -> None:
    reason = "Email address is not verified. The following identities failed: ada@example.com"
    with refused("SendEmail", "MessageRejected", reason), pytest.raises(Unavailable):
        send_mail(moto.backend, body())
    send_mail(moto.backend, body())
    assert recipients(moto) == [ada.email]
