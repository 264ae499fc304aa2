"""Finish the end of sessions that a process left behind."""

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.accounts.finish_sweeps import PATIENCE, finish_sweeps
from gatehouse.flows.accounts.set_password import set_password
from gatehouse.stores.sweeps import new_sweep
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken
from tests.support.people import PHONE, person, remove, sign_in


def test_password_change_that_died_is_finished(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    other = sign_in(moto, ada.user)
    client = sockets.stranger()
    client.connect(token=other.tokens.access_token)
    with broken("Query"), pytest.raises(Unavailable):
        set_password(sockets.backend, ada.user, "h", action="change", device=PHONE)
    moto.clock.advance(PATIENCE)
    finish_sweeps(sockets.backend)
    assert client.is_closed
    assert moto.backend.accounts.sessions.of_user(ada.user.id) == []
    assert list(moto.backend.accounts.sweeps.overdue(moto.clock.now())) == []


def test_request_that_is_still_at_work_is_left_alone(moto: MotoBackend) -> None:
    sweep = new_sweep(person(moto).user.id)
    moto.backend.accounts.transact(moto.backend.accounts.sweeps.adding(sweep, moto.clock.now()))
    moto.clock.advance(PATIENCE - 1)
    finish_sweeps(moto.backend)
    assert list(moto.backend.accounts.sweeps.overdue(moto.clock.now())) == [sweep]


def test_live_sessions_and_their_sockets_go_on(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    client = sockets.stranger()
    client.connect(token=ada.tokens.access_token)
    sweep = new_sweep(ada.user.id)
    moto.backend.accounts.transact(moto.backend.accounts.sweeps.adding(sweep, 0))
    finish_sweeps(sockets.backend)
    assert not client.is_closed


def test_order_for_an_account_that_is_gone_is_done(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.transact(
        moto.backend.accounts.sweeps.adding(new_sweep(ada.user.id), moto.clock.now())
    )
    remove(moto, ada.user)
    moto.clock.advance(PATIENCE)
    finish_sweeps(moto.backend)
    assert moto.accounts() == []


def test_order_is_kept_when_it_fails(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.transact(
        moto.backend.accounts.sweeps.adding(new_sweep(ada.user.id), moto.clock.now() - PATIENCE)
    )
    with broken("GetItem"), pytest.raises(Unavailable):
        finish_sweeps(moto.backend)
    assert len(list(moto.backend.accounts.sweeps.overdue(moto.clock.now()))) == 1
