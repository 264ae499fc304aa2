"""Conditions that only a bug of ours could violate. The transactions refuse them all the same."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.identity import parse_address
from gatehouse.stores import item_keys
from harness.moto_backend import MotoBackend


def test_move_does_not_take_away_the_guard_of_somebody_else(moto: MotoBackend) -> None:
    user, other = moto.user("ada@example.com"), moto.user("eve@example.com")
    guard = item_keys.email("ada@example.com")
    moto.backend.accounts.table.put({**guard, "user_id": other.id})
    writes = moto.backend.accounts.users.changing_email(user, parse_address("ada@example.org"))
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.transact(*writes)
    item = moto.backend.accounts.table.get(guard)
    assert item
    assert item["user_id"] == other.id
