"""Orders to finish the end of sessions."""

from gatehouse.stores.sweeps import Sweep, new_sweep
from harness.moto_backend import START, MotoBackend


def overdue(moto: MotoBackend, before: int) -> list[Sweep]:
    return list(moto.backend.accounts.sweeps.overdue(before))


def order(moto: MotoBackend, user_id: str = "u1") -> Sweep:
    sweep = new_sweep(user_id)
    moto.backend.accounts.transact(moto.backend.accounts.sweeps.adding(sweep, START))
    return sweep


def test_order_is_overdue_from_its_time_on(moto: MotoBackend) -> None:
    sweep = order(moto)
    assert overdue(moto, START - 1) == []
    assert overdue(moto, START) == [sweep]


def test_order_that_is_done_is_gone(moto: MotoBackend) -> None:
    moto.backend.accounts.sweeps.done(order(moto))
    assert moto.accounts() == []


def test_two_orders_of_one_user_do_not_replace_each_other(moto: MotoBackend) -> None:
    first, second = order(moto), order(moto)
    moto.backend.accounts.sweeps.done(first)
    assert overdue(moto, START) == [second]


def test_order_is_not_among_those_that_remove_accounts(moto: MotoBackend) -> None:
    order(moto)
    assert list(moto.backend.accounts.removals.overdue(START)) == []
