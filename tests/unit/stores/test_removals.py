"""Removals in progress."""

import pytest

from gatehouse.aws import TransactionRefused
from harness.moto_backend import START, MotoBackend


def begin(moto: MotoBackend, user_id: str, after: int = 0) -> None:
    moto.backend.accounts.transact(moto.backend.accounts.removals.beginning(user_id, START + after))


def overdue(moto: MotoBackend, before: int) -> list[str]:
    return sorted(moto.backend.accounts.removals.overdue(START + before))


def test_removal_is_overdue_after_a_while(moto: MotoBackend) -> None:
    begin(moto, "u1")
    begin(moto, "u2", after=10)
    assert [overdue(moto, before) for before in (-1, 0, 10)] == [[], ["u1"], ["u1", "u2"]]


def test_removal_that_is_done_is_forgotten(moto: MotoBackend) -> None:
    begin(moto, "u1")
    moto.backend.accounts.removals.done("u1")
    assert (overdue(moto, 0), moto.accounts()) == ([], [])


def test_transaction_of_a_user_who_is_being_removed_is_refused(moto: MotoBackend) -> None:
    removals = moto.backend.accounts.removals
    begin(moto, "u1")
    moto.backend.accounts.transact(removals.checking_none("u2"))
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.transact(removals.checking_none("u1"))


def test_done_twice_changes_nothing(moto: MotoBackend) -> None:
    moto.backend.accounts.removals.done("u1")
    assert moto.accounts() == []
