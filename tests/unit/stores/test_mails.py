"""Mails: waiting, claimed and sent."""

import pytest

from gatehouse.aws import ConditionFailed, TransactionRefused
from gatehouse.stores.mails import CLAIM_LIFE, SENT_LIFE, Mails
from harness.moto_backend import START, MotoBackend
from tests.support.calls import before


@pytest.fixture
def mails(moto: MotoBackend) -> Mails:
    return moto.backend.accounts.mails


def keep(moto: MotoBackend, key: str, at: int = START) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.mails.adding(key, f"body of {key}", at))


# Waiting.


def test_waiting_mail_becomes_overdue(moto: MotoBackend, mails: Mails) -> None:
    keep(moto, "k1")
    assert list(mails.overdue(START)) == [("k1", "body of k1")]


def test_younger_mail_is_not_overdue(moto: MotoBackend, mails: Mails) -> None:
    keep(moto, "k1", START + 1)
    assert list(mails.overdue(START)) == []


def test_queued_mail_waits_no_longer(moto: MotoBackend, mails: Mails) -> None:
    keep(moto, "k1")
    mails.queued("k1")
    assert list(mails.overdue(START)) == []


def test_queued_mail_may_be_noted_twice(moto: MotoBackend, mails: Mails) -> None:
    mails.queued("k1")
    assert moto.accounts() == []


def test_same_mail_waits_once(moto: MotoBackend, mails: Mails) -> None:
    keep(moto, "k1")
    keep(moto, "k1")
    assert len(list(mails.overdue(START))) == 1


# Claims.


def test_mail_is_claimed_by_one(mails: Mails) -> None:
    assert mails.claim("k1", START)
    assert not mails.claim("k1", START)


def test_rival_between_read_and_write_makes_the_claim_fail(mails: Mails) -> None:
    with before("PutItem", lambda: mails.claim("k1", START)):
        assert not mails.claim("k1", START)


def test_claim_of_a_dead_mailer_ends(mails: Mails) -> None:
    mails.claim("k1", START)
    assert not mails.claim("k1", START + CLAIM_LIFE - 1)
    assert mails.claim("k1", START + CLAIM_LIFE)


def test_sent_mail_is_not_claimed_again(mails: Mails) -> None:
    mails.claim("k1", START)
    mails.sent("k1")
    assert not mails.claim("k1", START + CLAIM_LIFE)


def test_sent_mail_is_remembered_as_long_as_a_queue_keeps_messages(
    moto: MotoBackend, mails: Mails
) -> None:
    mails.claim("k1", START)
    mails.sent("k1")
    (item,) = moto.accounts()
    assert int(item["ttl"]["N"]) == START + SENT_LIFE


def test_released_mail_is_free_at_once(mails: Mails) -> None:
    mails.claim("k1", START)
    mails.release("k1")
    assert mails.claim("k1", START)


def test_sent_mail_is_not_released(mails: Mails) -> None:
    mails.claim("k1", START)
    mails.sent("k1")
    with pytest.raises(ConditionFailed):
        mails.release("k1")
    assert not mails.claim("k1", START)


def test_mail_that_was_sent_by_one_and_released_by_another_stays_sent(mails: Mails) -> None:
    mails.claim("k1", START)
    mails.claim("k1", START + CLAIM_LIFE)
    mails.release("k1")
    mails.sent("k1")
    assert not mails.claim("k1", START + CLAIM_LIFE)


def test_mails_have_claims_of_their_own(mails: Mails) -> None:
    assert mails.claim("k1", START)
    assert mails.claim("k2", START)


# Mails that can never be sent.


def test_claimed_mail_is_finished_once(moto: MotoBackend, mails: Mails) -> None:
    mails.claim("k1", START)
    moto.backend.accounts.transact(mails.finishing("k1"))
    assert not mails.claim("k1", START + CLAIM_LIFE)
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.transact(mails.finishing("k1"))
