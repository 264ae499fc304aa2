"""Mails as they are sent to Amazon SES."""

import pytest

from gatehouse.emails.rendering import Mail
from gatehouse.errors import Unavailable
from harness.moto_backend import MAIL_FROM, MotoBackend
from tests.support.calls import broken, recorded

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
