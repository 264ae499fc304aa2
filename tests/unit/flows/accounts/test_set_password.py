"""Set a password in one transaction with its event and email, and end all older sessions."""

from dataclasses import replace

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.errors import InvalidGrant, InvalidToken, Unavailable
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.set_password import set_password
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.flows.sign_in.start_session import start_session
from gatehouse.identity import Device
from gatehouse.stores.devices import is_known
from gatehouse.stores.table import when
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken
from tests.support.people import PHONE, Person, mails, now_of, person, sign_in, tags

LAPTOP = Device("203.0.113.9", "Laptop")


def change(moto: MotoBackend, who: Person, keep: str = "") -> None:
    set_password(moto.backend, who.user, "new hash", action="change", device=PHONE, keep=keep)


def test_epoch_goes_up_with_the_password(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada)
    assert now_of(moto, ada.user) == replace(
        ada.user, password_hash="new hash", token_epoch=1, devices={}
    )


@pytest.mark.parametrize("keep", [True, False])
def test_devices_of_before_are_forgotten_but_that_of_a_session_that_stays(
    moto: MotoBackend, keep: bool
) -> None:
    ada = person(moto)
    for device in (PHONE, LAPTOP):
        start_session(moto.backend, now_of(moto, ada.user), device)
    ada = replace(ada, user=now_of(moto, ada.user))
    change(moto, ada, keep=ada.session_id if keep else "")
    known = now_of(moto, ada.user).devices
    assert [is_known(known, each, moto.clock.now()) for each in (PHONE, LAPTOP)] == [keep, False]


def test_device_that_was_unknown_stays_so(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada, keep=ada.session_id)
    assert now_of(moto, ada.user).devices == {}


def test_sockets_of_the_other_sessions_are_closed(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    mine, other = sockets.stranger(), sockets.client(ada.user)
    mine.connect(token=ada.tokens.access_token)
    set_password(
        sockets.backend, ada.user, "new hash", action="change", device=PHONE, keep=ada.session_id
    )
    assert (mine.disconnects, other.disconnects) == ([], [3503])


def test_password_that_changed_meanwhile_is_not_replaced(moto: MotoBackend) -> None:
    ada = person(moto)
    change(moto, ada)
    with pytest.raises(TransactionRefused):
        set_password(moto.backend, ada.user, "late hash", action="change", device=PHONE)
    assert now_of(moto, ada.user).password_hash == "new hash"


def test_condition_of_somebody_else_holds_everything_back(moto: MotoBackend) -> None:
    ada = person(moto)
    never = moto.backend.accounts.table.checking(
        {"pk": "X", "sk": "X"}, when("attribute_exists(#pk)")
    )
    with pytest.raises(TransactionRefused):
        set_password(moto.backend, ada.user, "h", never, action="reset", device=PHONE)
    assert now_of(moto, ada.user) == ada.user
    assert mails(moto) == {}
    assert tags(moto, ada.user.id) == ["user:session:start"]


def test_session_of_the_old_password_is_worth_nothing_even_if_its_end_fails(
    moto: MotoBackend,
) -> None:
    ada = person(moto)
    with broken("Query"), pytest.raises(Unavailable):
        change(moto, ada)
    with pytest.raises(InvalidToken):
        active_user(moto.backend, ada.identity)
    with pytest.raises(InvalidGrant):
        refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)


def test_session_that_is_kept_moves_to_the_new_epoch(moto: MotoBackend) -> None:
    ada = person(moto)
    other = sign_in(moto, ada.user)
    change(moto, ada, keep=ada.session_id)
    epoch = moto.backend.accounts.sessions.live_epoch
    assert epoch(ada.user.id, ada.session_id, moto.clock.now()) == 1
    assert epoch(ada.user.id, other.session_id, moto.clock.now()) is None
