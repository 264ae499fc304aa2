"""Users, and the guards that keep addresses unique."""

from dataclasses import replace
from typing import Any

import pytest

from gatehouse.aws import ConditionFailed, TransactionRefused
from gatehouse.errors import EmailTaken, Unavailable
from gatehouse.identity import EmailAddress, new_id, parse_address
from gatehouse.stores.table import Write, when
from gatehouse.stores.users import NOBODY, User
from tests.support.calls import before, broken, contend, recorded
from tests.support.world import START, World

ADA = parse_address("Ada@example.com")


def make(world: World, address: EmailAddress = ADA, **changes: Any) -> User:
    user = User(id=new_id(), email=address.written, name="Ada", password_hash="h", created_at=START)
    user = replace(user, **changes)
    world.backend.accounts.users.create(user, address)
    return user


# Accounts.


def test_user_is_found_by_id_and_by_address(world: World) -> None:
    user = make(world)
    assert world.backend.accounts.users.by_id(user.id) == user
    assert world.backend.accounts.users.by_email(ADA) == user


def test_user_is_found_by_any_spelling_of_the_address(world: World) -> None:
    user = make(world)
    assert world.backend.accounts.users.by_email(parse_address("aDA@EXAMPLE.com")) == user


def test_stranger_is_not_found(world: World) -> None:
    assert world.backend.accounts.users.by_id(new_id()) is None
    assert world.backend.accounts.users.by_email(ADA) is None


def test_known_and_unknown_addresses_cost_the_same_reads(world: World) -> None:
    make(world)
    costs = []
    for address in (ADA, parse_address("eve@example.com")):
        with recorded() as calls:
            world.backend.accounts.users.by_email(address)
        costs.append([(call.operation, call.params["ConsistentRead"]) for call in calls])
    assert costs == [[("GetItem", True), ("GetItem", True)]] * 2


def test_nobody_can_have_the_id_of_nobody(world: World) -> None:
    assert world.backend.accounts.users.by_id(NOBODY) is None
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
    found = world.backend.accounts.users.by_email(ADA)
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
    assert world.backend.accounts.users.by_id(user.id) == user


def test_refused_account_leaves_nothing_of_its_transaction(world: World) -> None:
    make(world)
    mail = world.backend.accounts.mails.adding("k1", "{}", START)
    user = User(id=new_id(), email="x", name=None, password_hash="h", created_at=START)
    with pytest.raises(EmailTaken):
        world.backend.accounts.users.create(user, ADA, mail)
    assert len(world.accounts()) == 2


def test_retry_after_a_lost_answer_meets_itself(world: World) -> None:
    user = make(world)
    world.backend.accounts.users.create(user, ADA)
    assert world.backend.accounts.users.by_id(user.id) == user


def test_account_is_not_half_written_when_the_table_does_not_answer(world: World) -> None:
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        make(world)
    assert world.accounts() == []


# Changes.


def test_user_gets_another_name(world: World) -> None:
    user = make(world)
    assert world.backend.accounts.users.rename(user.id, "Countess") == replace(
        user, name="Countess"
    )
    assert world.backend.accounts.users.by_id(user.id) == replace(user, name="Countess")


def test_name_can_be_taken_away(world: World) -> None:
    user = make(world)
    assert world.backend.accounts.users.rename(user.id, None).name is None


def test_user_who_is_gone_is_not_made_again_by_a_new_name(world: World) -> None:
    with pytest.raises(ConditionFailed):
        world.backend.accounts.users.rename(new_id(), "x")
    assert world.accounts() == []


def test_hash_is_renewed(world: World) -> None:
    user = make(world)
    assert world.backend.accounts.users.set_password_hash(user, "new").password_hash == "new"
    assert world.backend.accounts.users.by_id(user.id) == replace(user, password_hash="new")


def test_renewal_does_not_undo_a_change_of_the_password(world: World) -> None:
    user = make(world)
    world.backend.accounts.users.set_password_hash(user, "changed")
    with pytest.raises(ConditionFailed):
        world.backend.accounts.users.set_password_hash(user, "renewed")


# Whether sessions count.


@pytest.mark.parametrize(
    ("changes", "active"),
    [({}, True), ({"token_epoch": 3}, False), ({"disabled": True}, False)],
)
def test_session_counts_while_its_user_and_epoch_do(
    world: World, changes: dict[str, Any], active: bool
) -> None:
    user = make(world, **changes)
    assert world.backend.accounts.users.is_active(user.id, 0) is active


def test_session_of_nobody_does_not_count(world: World) -> None:
    assert not world.backend.accounts.users.is_active(new_id(), 0)


def test_hash_is_not_read_to_see_whether_a_session_counts(world: World) -> None:
    user = make(world)
    with recorded() as calls:
        world.backend.accounts.users.is_active(user.id, 0)
    names = calls[0].params["ExpressionAttributeNames"].values()
    assert set(names) == {"disabled", "token_epoch"}


def test_epoch_that_went_up_ends_earlier_sessions(world: World) -> None:
    user = make(world)
    key = {"pk": f"USER#{user.id}", "sk": "PROFILE"}
    world.backend.accounts.table.update(key, when("ADD #token_epoch :one", one=1))
    assert not world.backend.accounts.users.is_active(user.id, 0)
    assert world.backend.accounts.users.is_active(user.id, 1)


# Writes of transactions.


def transact(world: World, *writes: Write) -> None:
    world.backend.accounts.transact(*writes)


def now(world: World, user: User) -> User:
    found = world.backend.accounts.users.by_id(user.id)
    assert found
    return found


def test_user_is_still_as_it_was_read(world: World) -> None:
    user = make(world)
    transact(world, world.backend.accounts.users.checking_epoch(user))


@pytest.mark.parametrize("changes", [{"token_epoch": 1}, {"disabled": True}], ids=str)
def test_user_is_not_as_it_was_read(world: World, changes: dict[str, Any]) -> None:
    user = make(world, **changes)
    with pytest.raises(TransactionRefused):
        transact(world, world.backend.accounts.users.checking_epoch(replace(user, token_epoch=0)))


def test_password_changes_with_its_epoch(world: World) -> None:
    user = make(world)
    transact(world, world.backend.accounts.users.changing_password(user, "new"))
    assert now(world, user) == replace(user, password_hash="new", token_epoch=1)


@pytest.mark.parametrize("stale", [{"password_hash": "old"}, {"token_epoch": 9}], ids=str)
def test_password_that_changed_meanwhile_is_not_changed(
    world: World, stale: dict[str, Any]
) -> None:
    user = make(world)
    with pytest.raises(TransactionRefused):
        transact(
            world, world.backend.accounts.users.changing_password(replace(user, **stale), "new")
        )
    assert now(world, user) == user


NEW = parse_address("New@example.com")


def test_address_changes_with_its_guard(world: World) -> None:
    user = make(world)
    transact(world, *world.backend.accounts.users.changing_email(user, NEW))
    moved = replace(user, email=NEW.written, email_verified=True)
    assert world.backend.accounts.users.by_email(NEW) == moved
    assert world.backend.accounts.users.by_email(ADA) is None


def test_address_that_is_taken_is_not_changed_to(world: World) -> None:
    user, other = make(world), make(world, NEW)
    with pytest.raises(TransactionRefused):
        transact(world, *world.backend.accounts.users.changing_email(user, NEW))
    assert world.backend.accounts.users.by_email(ADA) == user
    assert world.backend.accounts.users.by_email(NEW) == other


@pytest.mark.parametrize("stale", [{"email": "x@example.com"}, {"token_epoch": 9}], ids=str)
def test_address_of_a_user_who_changed_meanwhile_stays(world: World, stale: dict[str, Any]) -> None:
    user = make(world)
    with pytest.raises(TransactionRefused):
        transact(world, *world.backend.accounts.users.changing_email(replace(user, **stale), NEW))
    assert now(world, user) == user


def test_address_can_be_spelled_anew(world: World) -> None:
    user = make(world)
    spelling = parse_address("ADA@example.com")
    transact(world, *world.backend.accounts.users.changing_email(user, spelling))
    found = world.backend.accounts.users.by_email(ADA)
    assert found == replace(user, email="ADA@example.com", email_verified=True)


def test_closed_user_is_disabled_in_a_new_epoch(world: World) -> None:
    user = make(world)
    transact(world, world.backend.accounts.users.closing(user))
    assert now(world, user) == replace(user, disabled=True, token_epoch=1)


def test_user_who_changed_the_password_meanwhile_is_not_closed(world: World) -> None:
    user = make(world)
    transact(world, world.backend.accounts.users.changing_password(user, "h"))
    with pytest.raises(TransactionRefused):
        transact(world, world.backend.accounts.users.closing(user))


def test_user_who_is_gone_is_not_closed(world: World) -> None:
    user = make(world)
    world.backend.accounts.users.remove(user)
    with pytest.raises(TransactionRefused):
        transact(world, world.backend.accounts.users.closing(user))


def test_removed_user_leaves_nothing(world: World) -> None:
    user = make(world)
    for _ in range(2):
        world.backend.accounts.users.remove(user)
    assert world.accounts() == []


def test_guard_of_somebody_else_is_not_removed(world: World) -> None:
    user = make(world)
    world.backend.accounts.users.remove(user)
    make(world)
    with pytest.raises(TransactionRefused):
        world.backend.accounts.users.remove(user)
    assert world.backend.accounts.users.by_email(ADA)


def test_belongings_are_removed_without_the_user(world: World) -> None:
    user = world.user()
    world.sign_in(user)
    world.backend.accounts.users.remove_belongings(user.id)
    mine = [item["sk"]["S"] for item in world.accounts() if user.id in item["pk"]["S"]]
    assert mine == ["PROFILE"]
