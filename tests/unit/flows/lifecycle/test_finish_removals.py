"""Maintenance finishes the removal of accounts that were closed but not removed."""

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.lifecycle.finish_removals import PATIENCE, finish_removal, finish_removals
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken
from tests.support.people import Person, partitions, person


def closed(moto: MotoBackend) -> Person:
    """Returns a user whose account was closed by a process that died right after."""
    ada = person(moto)
    moto.backend.accounts.transact(
        moto.backend.accounts.users.closing(ada.user),
        moto.backend.accounts.removals.beginning(ada.user.id, moto.clock.now()),
    )
    return ada


def test_interrupted_removal_is_finished(moto: MotoBackend) -> None:
    closed(moto)
    moto.clock.advance(PATIENCE)
    finish_removals(moto.backend)
    assert partitions(moto) == []


def test_fresh_removal_is_left_to_its_own_process(moto: MotoBackend) -> None:
    ada = closed(moto)
    moto.clock.advance(PATIENCE - 1)
    finish_removals(moto.backend)
    assert moto.backend.accounts.users.by_id(ada.user.id)


def test_sockets_are_closed(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    client = sockets.client(ada.user)
    moto.backend.accounts.transact(moto.backend.accounts.users.closing(ada.user))
    finish_removal(sockets.backend, ada.user.id)
    assert client.disconnects == [3503]


@pytest.mark.parametrize("operation", ["DeleteItem", "TransactWriteItems", "GetItem"])
def test_any_step_can_be_done_again(moto: MotoBackend, operation: str) -> None:
    ada = closed(moto)
    with broken(operation), pytest.raises(Unavailable):
        finish_removal(moto.backend, ada.user.id)
    finish_removal(moto.backend, ada.user.id)
    assert partitions(moto) == []


def test_second_time_changes_nothing(moto: MotoBackend) -> None:
    ada, eve = closed(moto), person(moto)
    for _ in range(2):
        finish_removal(moto.backend, ada.user.id)
    assert moto.backend.accounts.users.by_id(eve.user.id) == eve.user


def test_address_that_somebody_else_has_by_now_stays_theirs(moto: MotoBackend) -> None:
    ada = closed(moto)
    moto.backend.accounts.users.remove(ada.user)
    successor = moto.user(ada.user.email)
    moto.backend.accounts.users.remove(successor)
    again = moto.user(ada.user.email)
    finish_removal(moto.backend, ada.user.id)
    assert moto.backend.accounts.users.by_id(again.id) == again
