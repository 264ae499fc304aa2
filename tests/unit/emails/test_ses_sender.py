"""Mails as they are sent to Amazon SES."""

import logging

import pytest

from gatehouse.emails.rendering import Mail
from gatehouse.emails.ses_sender import BadAddress
from gatehouse.errors import Unavailable
from harness.moto_backend import MAIL_FROM, MotoBackend
from tests.support.calls import broken, recorded, refused

MAIL = Mail("ada@example.com", "Grüße", "text", "<p>html</p>")


def test_mail_goes_to_its_one_recipient_in_the_name_of_the_sender(moto: MotoBackend) -> None:
    moto.backend.accounts.ses_sender.send(MAIL)
    (sent,) = moto.sent()
    assert sent.source == MAIL_FROM
    assert sent.destinations == {"ToAddresses": ["ada@example.com"]}


def test_mail_has_a_text_and_an_html_part(moto: MotoBackend) -> None:
    with recorded() as calls:
        moto.backend.accounts.ses_sender.send(MAIL)
    assert calls[0].params["Content"]["Simple"] == {
        "Subject": {"Data": "Grüße", "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": "text", "Charset": "UTF-8"},
            "Html": {"Data": "<p>html</p>", "Charset": "UTF-8"},
        },
    }


def test_mail_that_ses_does_not_take_is_unavailable(moto: MotoBackend) -> None:
    with broken("SendEmail"), pytest.raises(Unavailable):
        moto.backend.accounts.ses_sender.send(MAIL)
    assert moto.sent() == []


def test_address_that_ses_refuses_is_bad(moto: MotoBackend) -> None:
    refusal = ("SendEmail", "BadRequestException", "Domain ends with dot")
    with refused(*refusal), pytest.raises(BadAddress):
        moto.backend.accounts.ses_sender.send(MAIL)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("AccountSuspendedException", logging.ERROR),
        ("MailFromDomainNotVerifiedException", logging.ERROR),
        ("TooManyRequestsException", logging.WARNING),
    ],
)
def test_other_refusal_is_unavailable_and_logged_for_who_can_help(
    moto: MotoBackend, caplog: pytest.LogCaptureFixture, code: str, level: int
) -> None:
    with refused("SendEmail", code, "ada@example.com"), pytest.raises(Unavailable):
        moto.backend.accounts.ses_sender.send(MAIL)
    (record,) = [each for each in caplog.records if each.message == "SES refused a mail"]
    assert (record.levelno, record.__dict__["code"]) == (level, code)
    assert "ada@example.com" not in str(record.__dict__)
