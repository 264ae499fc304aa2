"""What a transaction refuses although only a fault of ours could bring it about."""

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.identity import parse_address
from gatehouse.stores import item_keys
from tests.support.world import World


def test_move_does_not_take_away_the_guard_of_somebody_else(world: World) -> None:
    user, other = world.user("ada@example.com"), world.user("eve@example.com")
    guard = item_keys.email("ada@example.com")
    world.backend.accounts.table.put({**guard, "user_id": other.id})
    writes = world.backend.accounts.users.changing_email(user, parse_address("ada@example.org"))
    with pytest.raises(TransactionRefused):
        world.backend.accounts.transact(*writes)
    kept = world.backend.accounts.table.get(guard)
    assert kept
    assert kept["user_id"] == other.id
