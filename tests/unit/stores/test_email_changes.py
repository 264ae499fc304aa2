"""Pending changes of an email address."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.identity import new_id, parse_address
from gatehouse.stores.email_changes import NEW, OLD, EmailChange
from harness.moto_backend import START, MotoBackend


def add(moto: MotoBackend) -> EmailChange:
    change = EmailChange(
        id=new_id(),
        user_id="u1",
        address=parse_address("New@example.com"),
        token_epoch=2,
        ends_at=START + 60,
    )
    moto.backend.accounts.transact(moto.backend.accounts.email_changes.adding(change))
    return change


def get(moto: MotoBackend, change: EmailChange, after: int = 0) -> EmailChange | None:
    return moto.backend.accounts.email_changes.get("u1", change.id, START + after)


def confirm(moto: MotoBackend, change: EmailChange, end: str) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.email_changes.confirming(change, end))


def complete(moto: MotoBackend, change: EmailChange) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.email_changes.completing(change))


def test_change_comes_back_as_it_was_added(moto: MotoBackend) -> None:
    change = add(moto)
    assert get(moto, change) == change


def test_change_ends(moto: MotoBackend) -> None:
    change = add(moto)
    assert get(moto, change, after=59)
    assert get(moto, change, after=60) is None


def test_change_that_waits_is_found_by_its_user(moto: MotoBackend) -> None:
    change = add(moto)
    waiting = moto.backend.accounts.email_changes.latest
    assert waiting("u1", START) == change
    assert waiting("u2", START) is None
    assert waiting("u1", START + 60) is None


def test_later_change_takes_the_place_of_an_earlier_one(moto: MotoBackend) -> None:
    first, second = add(moto), add(moto)
    assert get(moto, first) is None
    assert get(moto, second) == second


def test_first_end_is_noted(moto: MotoBackend) -> None:
    change = add(moto)
    confirm(moto, change, OLD)
    stored_change = get(moto, change)
    assert stored_change
    assert stored_change.confirmed == OLD


def test_second_end_that_saw_no_first_one_is_refused(moto: MotoBackend) -> None:
    change = add(moto)
    confirm(moto, change, OLD)
    with pytest.raises(TransactionRefused):
        confirm(moto, change, NEW)


def test_change_is_completed_once(moto: MotoBackend) -> None:
    change = add(moto)
    complete(moto, change)
    with pytest.raises(TransactionRefused):
        complete(moto, change)


def test_change_that_was_replaced_is_not_completed(moto: MotoBackend) -> None:
    first = add(moto)
    add(moto)
    with pytest.raises(TransactionRefused):
        complete(moto, first)
