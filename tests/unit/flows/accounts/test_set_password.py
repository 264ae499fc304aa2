"""A new password in one write with what belongs to it, and the end of what it replaces."""

from dataclasses import replace

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.errors import InvalidGrant, InvalidToken, Unavailable
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.set_password import set_password
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores.table import when
from tests.support.calls import broken
from tests.support.people import PHONE, Person, letters, now_of, person, sign_in, tags
from tests.support.sockets import Hall
from tests.support.world import World


def change(world: World, who: Person, keep: str = "") -> None:
    set_password(world.backend, who.user, "new hash", action="change", device=PHONE, keep=keep)


def test_epoch_goes_up_with_the_password(world: World) -> None:
    ada = person(world)
    change(world, ada)
    assert now_of(world, ada.user) == replace(ada.user, password_hash="new hash", token_epoch=1)


def test_sockets_of_the_other_sessions_are_closed(world: World) -> None:
    hall = Hall(world)
    ada = person(world)
    mine, other = hall.stranger(), hall.client(ada.user)
    mine.connect(token=ada.tokens.access_token)
    set_password(
        hall.backend, ada.user, "new hash", action="change", device=PHONE, keep=ada.session_id
    )
    assert (mine.disconnects, other.disconnects) == ([], [3503])


def test_password_that_changed_meanwhile_is_not_replaced(world: World) -> None:
    ada = person(world)
    change(world, ada)
    with pytest.raises(TransactionRefused):
        set_password(world.backend, ada.user, "late hash", action="change", device=PHONE)
    assert now_of(world, ada.user).password_hash == "new hash"


def test_condition_of_somebody_else_holds_everything_back(world: World) -> None:
    ada = person(world)
    never = world.backend.accounts.table.checking(
        {"pk": "X", "sk": "X"}, when("attribute_exists(#pk)")
    )
    with pytest.raises(TransactionRefused):
        set_password(world.backend, ada.user, "h", never, action="reset", device=PHONE)
    assert now_of(world, ada.user) == ada.user
    assert letters(world) == {}
    assert tags(world, ada.user.id) == ["user:session:start"]


def test_session_of_the_old_password_is_worth_nothing_even_if_its_end_fails(world: World) -> None:
    ada = person(world)
    with broken("Query"), pytest.raises(Unavailable):
        change(world, ada)
    with pytest.raises(InvalidToken):
        active_user(world.backend, ada.identity)
    with pytest.raises(InvalidGrant):
        refresh_session(world.backend, ada.tokens.refresh_token, PHONE)


def test_session_that_is_kept_moves_to_the_new_epoch(world: World) -> None:
    ada = person(world)
    other = sign_in(world, ada.user)
    change(world, ada, keep=ada.session_id)
    epoch = world.backend.accounts.sessions.live_epoch
    assert epoch(ada.user.id, ada.session_id, world.clock.now()) == 1
    assert epoch(ada.user.id, other.session_id, world.clock.now()) is None
