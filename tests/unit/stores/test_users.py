"""Users, and the guards that keep addresses unique."""

from dataclasses import replace
from typing import Any

import pytest

from gatehouse.aws import ConditionFailed
from gatehouse.errors import EmailTaken, Unavailable
from gatehouse.identity import EmailAddress, new_id, parse_address
from gatehouse.stores.table import when
from gatehouse.stores.users import NOBODY, User
from tests.support.calls import before, broken, contend, recorded
from tests.support.world import START, World

ADA = parse_address("Ada@example.com")


def make(world: World, address: EmailAddress = ADA, **changes: Any) -> User:
    user = User(id=new_id(), email=address.written, name="Ada", password_hash="h", created_at=START)
    user = replace(user, **changes)
    world.backend.users.create(user, address)
    return user


# Accounts.


def test_user_is_found_by_id_and_by_address(world: World) -> None:
    user = make(world)
    assert world.backend.users.by_id(user.id) == user
    assert world.backend.users.by_email(ADA) == user


def test_user_is_found_by_any_spelling_of_the_address(world: World) -> None:
    user = make(world)
    assert world.backend.users.by_email(parse_address("aDA@EXAMPLE.com")) == user


def test_stranger_is_not_found(world: World) -> None:
    assert world.backend.users.by_id(new_id()) is None
    assert world.backend.users.by_email(ADA) is None


def test_known_and_unknown_addresses_cost_the_same_reads(world: World) -> None:
    make(world)
    costs = []
    for address in (ADA, parse_address("eve@example.com")):
        with recorded() as calls:
            world.backend.users.by_email(address)
        costs.append([(call.operation, call.params["ConsistentRead"]) for call in calls])
    assert costs == [[("GetItem", True), ("GetItem", True)]] * 2


def test_nobody_can_have_the_id_of_nobody(world: World) -> None:
    assert world.backend.users.by_id(NOBODY) is None
    assert new_id() != NOBODY


def test_user_is_not_shown_with_hash_and_address() -> None:
    user = User(id="u1", email="ada@example.com", name="Ada", password_hash="h", created_at=0)
    assert repr(user) == "User(id='u1')"


# One address, one account.


@pytest.mark.parametrize("second", ["Ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com"])
def test_second_account_for_an_address_is_refused(world: World, second: str) -> None:
    make(world)
    before_it = world.accounts()
    with pytest.raises(EmailTaken):
        make(world, parse_address(second))
    assert world.accounts() == before_it


def test_rival_between_read_and_write_leaves_one_account(world: World) -> None:
    with before("TransactWriteItems", lambda: make(world, name="rival")), pytest.raises(EmailTaken):
        make(world)
    found = world.backend.users.by_email(ADA)
    assert found
    assert found.name == "rival"
    assert len(world.accounts()) == 2


def test_one_of_16_contenders_for_an_address_wins(world: World) -> None:
    outcomes: list[str] = []

    def register() -> None:
        try:
            make(world)
        except EmailTaken:
            outcomes.append("taken")
        else:
            outcomes.append("made")

    contend("TransactWriteItems", [register] * 16)
    assert sorted(outcomes) == ["made"] + ["taken"] * 15
    assert len(world.accounts()) == 2


def test_second_account_with_an_id_is_refused(world: World) -> None:
    user = make(world)
    with pytest.raises(EmailTaken):
        make(world, parse_address("eve@example.com"), id=user.id)
    assert world.backend.users.by_id(user.id) == user


def test_refused_account_leaves_nothing_of_its_transaction(world: World) -> None:
    make(world)
    mail = world.backend.mails.waiting("k1", "{}", START)
    user = User(id=new_id(), email="x", name=None, password_hash="h", created_at=START)
    with pytest.raises(EmailTaken):
        world.backend.users.create(user, ADA, mail)
    assert len(world.accounts()) == 2


def test_retry_after_a_lost_answer_meets_itself(world: World) -> None:
    user = make(world)
    world.backend.users.create(user, ADA)
    assert world.backend.users.by_id(user.id) == user


def test_account_is_not_half_written_when_the_table_does_not_answer(world: World) -> None:
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        make(world)
    assert world.accounts() == []


# Changes.


def test_user_gets_another_name(world: World) -> None:
    user = make(world)
    assert world.backend.users.rename(user.id, "Countess") == replace(user, name="Countess")
    assert world.backend.users.by_id(user.id) == replace(user, name="Countess")


def test_name_can_be_taken_away(world: World) -> None:
    user = make(world)
    assert world.backend.users.rename(user.id, None).name is None


def test_user_who_is_gone_is_not_made_again_by_a_new_name(world: World) -> None:
    with pytest.raises(ConditionFailed):
        world.backend.users.rename(new_id(), "x")
    assert world.accounts() == []


def test_hash_is_renewed(world: World) -> None:
    user = make(world)
    assert world.backend.users.set_password_hash(user, "new").password_hash == "new"
    assert world.backend.users.by_id(user.id) == replace(user, password_hash="new")


def test_renewal_does_not_undo_a_change_of_the_password(world: World) -> None:
    user = make(world)
    world.backend.users.set_password_hash(user, "changed")
    with pytest.raises(ConditionFailed):
        world.backend.users.set_password_hash(user, "renewed")


# Whether sessions count.


@pytest.mark.parametrize(
    ("changes", "active"),
    [({}, True), ({"token_epoch": 3}, False), ({"disabled": True}, False)],
)
def test_session_counts_while_its_user_and_epoch_do(
    world: World, changes: dict[str, Any], active: bool
) -> None:
    user = make(world, **changes)
    assert world.backend.users.is_active(user.id, 0) is active


def test_session_of_nobody_does_not_count(world: World) -> None:
    assert not world.backend.users.is_active(new_id(), 0)


def test_hash_is_not_read_to_see_whether_a_session_counts(world: World) -> None:
    user = make(world)
    with recorded() as calls:
        world.backend.users.is_active(user.id, 0)
    names = calls[0].params["ExpressionAttributeNames"].values()
    assert set(names) == {"disabled", "token_epoch"}


def test_epoch_that_went_up_ends_earlier_sessions(world: World) -> None:
    user = make(world)
    key = {"pk": f"USER#{user.id}", "sk": "PROFILE"}
    world.backend.accounts.update(key, when("ADD #token_epoch :one", one=1))
    assert not world.backend.users.is_active(user.id, 0)
    assert world.backend.users.is_active(user.id, 1)
