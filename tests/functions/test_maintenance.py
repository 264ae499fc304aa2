"""The maintenance tick: emails and account removals."""

import pytest

from gatehouse.emails.outbox import PATIENCE
from harness.events import sample
from harness.functions import CONTEXT, load_app, serve
from harness.moto_backend import MotoBackend
from tests.support.calls import broken


def tick(moto: MotoBackend) -> None:
    load_app("maintenance", moto.backend).handler(sample("maintenance-tick"), CONTEXT)


def test_tick_in_an_empty_house_does_nothing(moto: MotoBackend) -> None:
    tick(moto)
    assert (moto.accounts(), moto.queued()) == ([], [])


def test_forgotten_mail_is_handed_over_once(moto: MotoBackend) -> None:
    with broken("SendMessage"):
        serve("register", moto.backend)(sample("post-register"))
    moto.clock.advance(PATIENCE)
    tick(moto)
    tick(moto)
    assert [mail["to"] for mail in moto.queued()] == ["ada@example.com"]


def test_fresh_mail_is_left_to_its_own_process(moto: MotoBackend) -> None:
    with broken("SendMessage"):
        serve("register", moto.backend)(sample("post-register"))
    moto.clock.advance(PATIENCE - 1)
    tick(moto)
    assert moto.queued() == []


def test_tick_that_fails_is_seen_to_fail(moto: MotoBackend) -> None:
    with broken("Query"), pytest.raises(Exception, match="Temporarily unavailable"):
        tick(moto)


def test_interrupted_removal_is_finished(moto: MotoBackend) -> None:
    user = moto.user()
    moto.backend.accounts.transact(
        moto.backend.accounts.users.closing(user),
        moto.backend.accounts.removals.beginning(user.id, moto.clock.now()),
    )
    moto.clock.advance(PATIENCE)
    tick(moto)
    assert moto.accounts() == []
