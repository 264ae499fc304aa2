"""Queue the emails that were left in the outbox."""

import pytest

from gatehouse.emails.outbox import PATIENCE
from gatehouse.flows.accounts.hand_over_mails import hand_over_mails
from gatehouse.flows.accounts.register import Register, register
from harness.moto_backend import PASSWORD, MotoBackend
from tests.support.calls import broken
from tests.support.people import PHONE


@pytest.fixture
def forgetful(moto: MotoBackend) -> MotoBackend:
    """A backend where the email of a registration was stored but could not be queued."""
    with broken("SendMessage"):
        request = Register.model_validate({"email": "ada@example.com", "password": PASSWORD})
        register(moto.backend, request, PHONE)
    moto.clock.advance(PATIENCE)
    return moto


def test_forgotten_mail_reaches_the_queue_once(forgetful: MotoBackend) -> None:
    hand_over_mails(forgetful.backend)
    hand_over_mails(forgetful.backend)
    assert [mail["to"] for mail in forgetful.queued()] == ["ada@example.com"]


def test_forgotten_mail_is_noticed(
    forgetful: MotoBackend, caplog: pytest.LogCaptureFixture
) -> None:
    hand_over_mails(forgetful.backend)
    assert [record.__dict__["count"] for record in caplog.records] == [1]


def test_nothing_forgotten_is_not_worth_a_word(
    moto: MotoBackend, caplog: pytest.LogCaptureFixture
) -> None:
    hand_over_mails(moto.backend)
    assert caplog.records == []
