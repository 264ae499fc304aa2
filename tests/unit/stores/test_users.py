"""Users, and the guards that keep addresses unique."""

from dataclasses import replace
from typing import Any

import pytest

from gatehouse.aws import ConditionFailed, TransactionRefused
from gatehouse.errors import EmailTaken, Unavailable
from gatehouse.identity import EmailAddress, known_address, new_id, parse_address
from gatehouse.stores import item_keys, table
from gatehouse.stores.events import new_event
from gatehouse.stores.table import Write, when
from gatehouse.stores.users import MAX_SESSIONS, NOBODY, User
from harness.moto_backend import START, MotoBackend
from tests.support.calls import before, broken, contend, recorded

ADA = parse_address("Ada@example.com")


def make(moto: MotoBackend, address: EmailAddress = ADA, **changes: Any) -> User:
    user = User(id=new_id(), email=address.written, name="Ada", password_hash="h", created_at=START)
    user = replace(user, **changes)
    moto.backend.accounts.users.create(user, address)
    return user


# Accounts.


def test_user_is_found_by_id_and_by_address(moto: MotoBackend) -> None:
    user = make(moto)
    assert moto.backend.accounts.users.by_id(user.id) == user
    assert moto.backend.accounts.users.by_email(ADA) == user


def test_user_is_found_by_any_spelling_of_the_address(moto: MotoBackend) -> None:
    user = make(moto)
    assert moto.backend.accounts.users.by_email(parse_address("aDA@EXAMPLE.com")) == user


def test_stranger_is_not_found(moto: MotoBackend) -> None:
    assert moto.backend.accounts.users.by_id(new_id()) is None
    assert moto.backend.accounts.users.by_email(ADA) is None


def test_known_and_unknown_addresses_cost_the_same_reads(moto: MotoBackend) -> None:
    make(moto)
    costs = []
    for address in (ADA, parse_address("eve@example.com")):
        with recorded() as calls:
            moto.backend.accounts.users.by_email(address)
        costs.append([(call.operation, call.params["ConsistentRead"]) for call in calls])
    assert costs == [[("GetItem", True), ("GetItem", True)]] * 2


def test_nobody_can_have_the_id_of_nobody(moto: MotoBackend) -> None:
    assert moto.backend.accounts.users.by_id(NOBODY) is None
    assert new_id() != NOBODY


def test_user_is_not_shown_with_hash_and_address() -> None:
    user = User(id="u1", email="ada@example.com", name="Ada", password_hash="h", created_at=0)
    assert repr(user) == "User(id='u1')"


# One account per address.


@pytest.mark.parametrize("second", ["Ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com"])
def test_second_account_for_an_address_is_refused(moto: MotoBackend, second: str) -> None:
    make(moto)
    before_it = moto.accounts()
    with pytest.raises(EmailTaken):
        make(moto, parse_address(second))
    assert moto.accounts() == before_it


def test_rival_between_read_and_write_leaves_one_account(moto: MotoBackend) -> None:
    with before("TransactWriteItems", lambda: make(moto, name="rival")), pytest.raises(EmailTaken):
        make(moto)
    user = moto.backend.accounts.users.by_email(ADA)
    assert user
    assert user.name == "rival"
    assert len(moto.accounts()) == 2


def test_one_of_16_contenders_for_an_address_wins(moto: MotoBackend) -> None:
    outcomes: list[str] = []

    def register() -> None:
        try:
            make(moto)
        except EmailTaken:
            outcomes.append("taken")
        else:
            outcomes.append("made")

    contend("TransactWriteItems", [register] * 16)
    assert sorted(outcomes) == ["made"] + ["taken"] * 15
    assert len(moto.accounts()) == 2


def test_second_account_with_an_id_is_refused(moto: MotoBackend) -> None:
    user = make(moto)
    with pytest.raises(EmailTaken):
        make(moto, parse_address("eve@example.com"), id=user.id)
    assert moto.backend.accounts.users.by_id(user.id) == user


def test_refused_account_leaves_nothing_of_its_transaction(moto: MotoBackend) -> None:
    make(moto)
    mail = moto.backend.accounts.mails.adding("k1", "{}", START)
    user = User(id=new_id(), email="x", name=None, password_hash="h", created_at=START)
    with pytest.raises(EmailTaken):
        moto.backend.accounts.users.create(user, ADA, mail)
    assert len(moto.accounts()) == 2


def test_retry_after_a_lost_answer_meets_itself(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.users.create(user, ADA)
    assert moto.backend.accounts.users.by_id(user.id) == user


def test_account_is_not_half_written_when_the_table_does_not_answer(moto: MotoBackend) -> None:
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        make(moto)
    assert moto.accounts() == []


# Changes.


def test_user_gets_another_name(moto: MotoBackend) -> None:
    user = make(moto)
    assert moto.backend.accounts.users.rename(user.id, "Countess") == replace(user, name="Countess")
    assert moto.backend.accounts.users.by_id(user.id) == replace(user, name="Countess")


def test_name_can_be_taken_away(moto: MotoBackend) -> None:
    user = make(moto)
    assert moto.backend.accounts.users.rename(user.id, None).name is None


def test_user_who_is_gone_is_not_made_again_by_a_new_name(moto: MotoBackend) -> None:
    with pytest.raises(ConditionFailed):
        moto.backend.accounts.users.rename(new_id(), "x")
    assert moto.accounts() == []


def test_hash_is_renewed(moto: MotoBackend) -> None:
    user = make(moto)
    assert moto.backend.accounts.users.set_password_hash(user, "new").password_hash == "new"
    assert moto.backend.accounts.users.by_id(user.id) == replace(user, password_hash="new")


def test_renewal_does_not_undo_a_change_of_the_password(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.users.set_password_hash(user, "changed")
    with pytest.raises(ConditionFailed):
        moto.backend.accounts.users.set_password_hash(user, "renewed")


# Which sessions are valid.


@pytest.mark.parametrize(
    ("changes", "active"),
    [({}, True), ({"token_epoch": 3}, False), ({"disabled": True}, False)],
)
def test_session_counts_while_its_user_and_epoch_do(
    moto: MotoBackend, changes: dict[str, Any], active: bool
) -> None:
    user = make(moto, **changes)
    assert moto.backend.accounts.users.is_active(user.id, 0) is active


def test_session_of_nobody_does_not_count(moto: MotoBackend) -> None:
    assert not moto.backend.accounts.users.is_active(new_id(), 0)


def test_hash_is_not_read_to_see_whether_a_session_counts(moto: MotoBackend) -> None:
    user = make(moto)
    with recorded() as calls:
        moto.backend.accounts.users.is_active(user.id, 0)
    names = calls[0].params["ExpressionAttributeNames"].values()
    assert set(names) == {"disabled", "token_epoch"}


def test_epoch_that_went_up_ends_earlier_sessions(moto: MotoBackend) -> None:
    user = make(moto)
    key = {"pk": f"USER#{user.id}", "sk": "PROFILE"}
    moto.backend.accounts.table.update(key, when("ADD #token_epoch :one", one=1))
    assert not moto.backend.accounts.users.is_active(user.id, 0)
    assert moto.backend.accounts.users.is_active(user.id, 1)


# Writes for transactions.


def transact(moto: MotoBackend, *writes: Write) -> None:
    moto.backend.accounts.transact(*writes)


def now(moto: MotoBackend, user: User) -> User:
    stored_user = moto.backend.accounts.users.by_id(user.id)
    assert stored_user
    return stored_user


def test_user_is_still_as_it_was_read(moto: MotoBackend) -> None:
    user = make(moto)
    transact(moto, moto.backend.accounts.users.checking_epoch(user))


@pytest.mark.parametrize("changes", [{"token_epoch": 1}, {"disabled": True}], ids=str)
def test_user_is_not_as_it_was_read(moto: MotoBackend, changes: dict[str, Any]) -> None:
    user = make(moto, **changes)
    with pytest.raises(TransactionRefused):
        transact(moto, moto.backend.accounts.users.checking_epoch(replace(user, token_epoch=0)))


NO_CHANGE = when("SET #name = :name", name="Ada")


def start(moto: MotoBackend, user: User) -> None:
    transact(moto, moto.backend.accounts.users.starting_session(user, NO_CHANGE))


@pytest.mark.parametrize("changes", [{"token_epoch": 1}, {"disabled": True}], ids=str)
def test_no_session_starts_for_a_user_who_is_not_as_read(
    moto: MotoBackend, changes: dict[str, Any]
) -> None:
    user = make(moto, **changes)
    with pytest.raises(TransactionRefused):
        start(moto, replace(user, token_epoch=0))


def test_new_user_may_start_as_many_sessions_as_allowed(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.users.allow_sessions(user, 2)
    start(moto, user)
    start(moto, user)
    with pytest.raises(TransactionRefused):
        start(moto, user)
    assert now(moto, user).sessions_started == 2


def test_first_session_needs_no_count(moto: MotoBackend) -> None:
    user = make(moto)
    start(moto, user)
    item = moto.backend.accounts.table.get(item_keys.user(user.id))
    assert item
    assert (item["sessions_started"], item["sessions_allowed"]) == (1, MAX_SESSIONS)


def test_sessions_are_allowed_again_once_they_were_counted(moto: MotoBackend) -> None:
    user = make(moto)
    start(moto, user)
    moto.backend.accounts.users.allow_sessions(now(moto, user), 0)
    with pytest.raises(TransactionRefused):
        start(moto, user)
    moto.backend.accounts.users.allow_sessions(now(moto, user), 1)
    start(moto, user)


def test_count_during_which_a_session_started_allows_none(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.users.allow_sessions(user, 1)
    start(moto, user)
    moto.backend.accounts.users.allow_sessions(user, 5)
    with pytest.raises(TransactionRefused):
        start(moto, user)


def test_user_of_the_former_version_is_counted_first(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.table.update(
        item_keys.user(user.id), when("REMOVE #sessions_started, #sessions_allowed")
    )
    with pytest.raises(TransactionRefused):
        start(moto, user)
    moto.backend.accounts.users.allow_sessions(user, 1)
    start(moto, user)


def test_count_makes_no_user(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.users.remove(user)
    moto.backend.accounts.users.allow_sessions(user, 1)
    assert moto.accounts() == []


def test_belongings_are_removed_in_batches(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MAX_WRITES", 2)
    user = make(moto)
    for number in range(5):
        moto.backend.accounts.events.record(new_event(user.id, "t", now=START + number))
    with recorded() as calls:
        assert moto.backend.accounts.users.remove_belongings(user.id, 500)
    assert [call.operation for call in calls] == ["Query", *["TransactWriteItems"] * 3]
    assert {item["sk"]["S"] for item in moto.accounts()} == {"PROFILE", "EMAIL"}


def test_password_changes_with_its_epoch(moto: MotoBackend) -> None:
    user = make(moto)
    transact(moto, moto.backend.accounts.users.changing_password(user, "new"))
    assert now(moto, user) == replace(user, password_hash="new", token_epoch=1)


@pytest.mark.parametrize("stale", [{"password_hash": "old"}, {"token_epoch": 9}], ids=str)
def test_password_that_changed_meanwhile_is_not_changed(
    moto: MotoBackend, stale: dict[str, Any]
) -> None:
    user = make(moto)
    with pytest.raises(TransactionRefused):
        transact(moto, moto.backend.accounts.users.changing_password(replace(user, **stale), "new"))
    assert now(moto, user) == user


NEW = parse_address("New@example.com")


def test_address_changes_with_its_guard(moto: MotoBackend) -> None:
    user = make(moto)
    transact(moto, *moto.backend.accounts.users.changing_email(user, NEW))
    moved = replace(user, email=NEW.written, email_verified=True)
    assert moto.backend.accounts.users.by_email(NEW) == moved
    assert moto.backend.accounts.users.by_email(ADA) is None


def test_address_that_is_taken_is_not_changed_to(moto: MotoBackend) -> None:
    user, other = make(moto), make(moto, NEW)
    with pytest.raises(TransactionRefused):
        transact(moto, *moto.backend.accounts.users.changing_email(user, NEW))
    assert moto.backend.accounts.users.by_email(ADA) == user
    assert moto.backend.accounts.users.by_email(NEW) == other


@pytest.mark.parametrize("stale", [{"email": "x@example.com"}, {"token_epoch": 9}], ids=str)
def test_address_of_a_user_who_changed_meanwhile_stays(
    moto: MotoBackend, stale: dict[str, Any]
) -> None:
    user = make(moto)
    with pytest.raises(TransactionRefused):
        transact(moto, *moto.backend.accounts.users.changing_email(replace(user, **stale), NEW))
    assert now(moto, user) == user


def test_address_can_be_spelled_anew(moto: MotoBackend) -> None:
    user = make(moto)
    spelling = parse_address("ADA@example.com")
    transact(moto, *moto.backend.accounts.users.changing_email(user, spelling))
    stored_user = moto.backend.accounts.users.by_email(ADA)
    assert stored_user == replace(user, email="ADA@example.com", email_verified=True)


def test_closed_user_is_disabled_in_a_new_epoch(moto: MotoBackend) -> None:
    user = make(moto)
    transact(moto, moto.backend.accounts.users.closing(user))
    assert now(moto, user) == replace(user, disabled=True, token_epoch=1)


def test_user_is_disabled_and_enabled_each_in_a_new_epoch(moto: MotoBackend) -> None:
    user = make(moto)
    transact(moto, moto.backend.accounts.users.disabling(user))
    assert now(moto, user) == replace(user, disabled=True, token_epoch=1)
    transact(moto, moto.backend.accounts.users.enabling(now(moto, user)))
    assert now(moto, user) == replace(user, disabled=False, token_epoch=2)


@pytest.mark.parametrize("disabled", [True, False])
def test_user_is_not_switched_to_what_it_is_already(moto: MotoBackend, disabled: bool) -> None:
    user = make(moto, disabled=disabled)
    users = moto.backend.accounts.users
    with pytest.raises(TransactionRefused):
        transact(moto, users.disabling(user) if disabled else users.enabling(user))
    assert now(moto, user) == user


@pytest.mark.parametrize("disabled", [True, False])
def test_user_in_another_epoch_is_not_switched(moto: MotoBackend, disabled: bool) -> None:
    user = make(moto, disabled=disabled)
    stale, users = replace(user, token_epoch=9), moto.backend.accounts.users
    with pytest.raises(TransactionRefused):
        transact(moto, users.enabling(stale) if disabled else users.disabling(stale))
    assert now(moto, user) == user


def test_user_who_is_gone_is_not_brought_back(moto: MotoBackend) -> None:
    user = make(moto, disabled=True)
    moto.backend.accounts.users.remove(user)
    with pytest.raises(TransactionRefused):
        transact(moto, moto.backend.accounts.users.enabling(user))
    assert moto.accounts() == []


def test_user_who_changed_the_password_meanwhile_is_not_closed(moto: MotoBackend) -> None:
    user = make(moto)
    transact(moto, moto.backend.accounts.users.changing_password(user, "h"))
    with pytest.raises(TransactionRefused):
        transact(moto, moto.backend.accounts.users.closing(user))


def test_user_who_is_gone_is_not_closed(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.users.remove(user)
    with pytest.raises(TransactionRefused):
        transact(moto, moto.backend.accounts.users.closing(user))


def test_removed_user_leaves_nothing(moto: MotoBackend) -> None:
    user = make(moto)
    for _ in range(2):
        moto.backend.accounts.users.remove(user)
    assert moto.accounts() == []


def test_guard_of_somebody_else_is_not_removed(moto: MotoBackend) -> None:
    user = make(moto)
    moto.backend.accounts.users.remove(user)
    make(moto)
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.users.remove(user)
    assert moto.backend.accounts.users.by_email(ADA)


def test_belongings_are_removed_without_the_user(moto: MotoBackend) -> None:
    user = moto.user()
    moto.sign_in(user)
    moto.backend.accounts.users.remove_belongings(user.id, 10)
    mine = [item["sk"]["S"] for item in moto.accounts() if user.id in item["pk"]["S"]]
    assert mine == ["PROFILE"]


def test_belongings_are_removed_a_part_at_a_time(moto: MotoBackend) -> None:
    user = moto.user()
    for _ in range(2):
        moto.sign_in(user)
        user = now(moto, user)
    users = moto.backend.accounts.users
    outcomes = [users.remove_belongings(user.id, 3) for _ in range(3)]
    assert outcomes == [False, True, True]


def test_id_of_an_address_is_found_with_one_read(moto: MotoBackend) -> None:
    user = make(moto)
    with recorded() as calls:
        assert moto.backend.accounts.users.id_by_email(ADA) == user.id
    assert [call.operation for call in calls] == ["GetItem"]
    assert moto.backend.accounts.users.id_by_email(NEW) is None


@pytest.mark.parametrize("email", ["eve@example.com", "ada@example.com"])
def test_check_of_an_address_fails_for_any_other_spelling(moto: MotoBackend, email: str) -> None:
    user = make(moto)
    users = moto.backend.accounts.users
    moto.backend.accounts.transact(users.checking_email(user.id, user.email))
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.transact(users.checking_email(user.id, email))


def test_check_of_an_address_fails_for_a_closed_account(moto: MotoBackend) -> None:
    user = make(moto)
    moto.disable(user)
    with pytest.raises(TransactionRefused):
        moto.backend.accounts.transact(
            moto.backend.accounts.users.checking_email(user.id, user.email)
        )


def test_address_that_an_earlier_version_accepted_is_moved_and_removed(moto: MotoBackend) -> None:
    former = known_address("eve%relay@127.0.0.1")
    users = moto.backend.accounts.users
    user = make(moto, former)
    moto.backend.accounts.transact(*users.changing_email(user, NEW))
    assert users.by_email(former) is None
    users.remove(make(moto, former))
    assert users.by_email(former) is None
