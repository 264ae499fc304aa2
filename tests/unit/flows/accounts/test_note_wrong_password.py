"""Wrong passwords in the audit trail: one event a day, and nothing for nobody."""

from collections.abc import Callable

import pytest

from gatehouse.flows.accounts.note_wrong_password import CONFIRMATION, SIGN_IN, note_wrong_password
from gatehouse.stores.events import DAY
from gatehouse.stores.users import User
from harness.moto_backend import MotoBackend
from tests.support.calls import before, recorded
from tests.support.people import PHONE, remove, tags


def note(moto: MotoBackend, user: User | None, tag: str = SIGN_IN) -> None:
    note_wrong_password(moto.backend, user, tag, PHONE)


def test_guesses_of_a_day_are_one_event_with_a_count(moto: MotoBackend) -> None:
    user = moto.user()
    for _ in range(30):
        note(moto, user)
    (event,) = moto.backend.accounts.events.latest(user.id, before=None, limit=9)
    assert (event.tag, event.count, event.address) == (SIGN_IN, 30, PHONE.address)


def test_guesses_for_half_a_year_leave_one_event_a_day_of_each_kind(moto: MotoBackend) -> None:
    user = moto.user()
    for _ in range(20):
        for tag in (SIGN_IN, CONFIRMATION, SIGN_IN):
            note(moto, user, tag)
        moto.clock.advance(DAY // 2)
    assert len(tags(moto, user.id)) == 20


def nobody(moto: MotoBackend) -> User | None:
    return None


def disabled(moto: MotoBackend) -> User | None:
    user = moto.user()
    moto.disable(user)
    return moto.backend.accounts.users.by_id(user.id)


def known(moto: MotoBackend) -> User | None:
    return moto.user()


@pytest.mark.parametrize("who", [nobody, disabled, known])
def test_every_wrong_password_is_one_transaction_of_the_same_writes(
    moto: MotoBackend, who: Callable[[MotoBackend], User | None]
) -> None:
    user = who(moto)
    with recorded() as calls:
        note(moto, user)
    (call,) = calls
    kinds = [kind for write in call.params["TransactItems"] for kind in write]
    assert (call.operation, kinds) == ("TransactWriteItems", ["ConditionCheck", "Update"])


@pytest.mark.parametrize("who", [nobody, disabled])
def test_nobody_has_no_event(moto: MotoBackend, who: Callable[[MotoBackend], User | None]) -> None:
    user = who(moto)
    items = moto.accounts()
    note(moto, user)
    assert moto.accounts() == items


def test_guess_during_a_deletion_leaves_nothing_behind(moto: MotoBackend) -> None:
    user = moto.user()
    remove(moto, user)
    note(moto, user)
    assert moto.accounts() == []


def test_deletion_at_the_same_moment_leaves_nothing_behind(moto: MotoBackend) -> None:
    user = moto.user()
    with before("TransactWriteItems", lambda: remove(moto, user)):
        note(moto, user)
    assert moto.accounts() == []
