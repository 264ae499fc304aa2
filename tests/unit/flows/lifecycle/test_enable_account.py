"""Enable an account again: its user signs in anew, and nothing of before lives on."""

import pytest

from gatehouse.errors import (
    InvalidConnectionToken,
    InvalidGrant,
    InvalidToken,
    NotFound,
    Unavailable,
)
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.lifecycle.disable_account import disable_account
from gatehouse.flows.lifecycle.enable_account import enable_account
from gatehouse.flows.lifecycle.finish_removals import PATIENCE, finish_removals
from gatehouse.flows.realtime.authorization import check_session, identify
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores import item_keys
from gatehouse.stores.table import when
from gatehouse.stores.users import User
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import before, broken
from tests.support.people import PHONE, Person, mails, now_of, partitions, person, sign_in, tags

EMAIL = "ada@example.com"
OPERATOR = "eve"


def disable(moto: MotoBackend, user: User) -> bool:
    return disable_account(moto.backend, user.id, actor=OPERATOR)


def enable(moto: MotoBackend, user: User) -> bool:
    return enable_account(moto.backend, user.id, actor=OPERATOR, reason="appeal")


def is_over(moto: MotoBackend, who: Person) -> bool:
    """Whether no door takes what a session left behind."""
    with pytest.raises(InvalidToken):
        active_user(moto.backend, who.identity)
    with pytest.raises(InvalidConnectionToken):
        check_session(moto.backend, identify(moto.backend, who.tokens.access_token))
    with pytest.raises(InvalidGrant):
        refresh_session(moto.backend, who.tokens.refresh_token, PHONE)
    return True


def closed(moto: MotoBackend) -> Person:
    """Returns a user whose account is being deleted by a process that died."""
    ada = person(moto, EMAIL)
    moto.backend.accounts.transact(
        moto.backend.accounts.users.closing(ada.user),
        moto.backend.accounts.removals.beginning(ada.user.id, moto.clock.now()),
    )
    return ada


def test_user_signs_in_again(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    assert enable(moto, user)
    assert log_in(moto.backend, LogIn.model_validate({"email": EMAIL, "password": PASSWORD}), PHONE)


def test_event_names_operator_and_reason(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    enable(moto, user)
    events = moto.backend.accounts.events.latest(user.id, before=None, limit=9)
    event = next(each for each in events if each.tag == "operator:account:enable")
    assert (event.actor, event.reason) == (OPERATOR, "appeal")


def test_owner_is_told_by_mail(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    enable(moto, user)
    assert mails(moto)["account_enabled"]["to"] == EMAIL


def test_account_that_is_enabled_is_left_as_it_is(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    assert not enable(moto, ada.user)
    assert now_of(moto, ada.user) == ada.user
    assert refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)
    assert moto.queued() == []


@pytest.mark.parametrize("user_id", ["", "0" * 32, "a#b", "PROFILE"])
def test_account_that_never_was_is_not_found(moto: MotoBackend, user_id: str) -> None:
    with pytest.raises(NotFound):
        enable_account(moto.backend, user_id, actor=OPERATOR)
    assert moto.accounts() == []


# Sessions.


def test_no_session_of_before_lives_on(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    disable(moto, ada.user)
    enable(moto, ada.user)
    assert is_over(moto, ada)


def by_hand(moto: MotoBackend, user: User) -> None:
    """Disables a user as an operator without the flow did: only the attribute."""
    change = when("SET #disabled = :yes", yes=True)
    moto.backend.accounts.table.update(item_keys.user(user.id), change)


def test_no_session_of_a_user_disabled_by_hand_lives_on(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto, EMAIL)
    client = sockets.stranger()
    client.connect(token=ada.tokens.access_token)
    by_hand(moto, ada.user)
    assert enable_account(sockets.backend, ada.user.id, actor=OPERATOR)
    assert is_over(moto, ada)
    assert client.disconnects == [3503]


def test_session_that_is_stored_for_an_earlier_epoch_is_not_revived(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    key = item_keys.session(ada.user.id, ada.session_id)
    item = moto.backend.accounts.table.get(key)
    assert item
    disable(moto, ada.user)
    enable(moto, ada.user)
    moto.backend.accounts.table.put(item)
    assert is_over(moto, ada)


def test_disabling_that_was_interrupted_is_completed_first(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    user = moto.user(EMAIL)
    client = sockets.client(user)
    with broken("Query"), pytest.raises(Unavailable):
        disable_account(sockets.backend, user.id, actor=OPERATOR)
    assert not client.is_closed
    assert enable_account(sockets.backend, user.id, actor=OPERATOR)
    assert client.disconnects == [3503]


# Removals.


def test_account_that_its_owner_deletes_is_not_enabled(moto: MotoBackend) -> None:
    ada = closed(moto)
    with pytest.raises(NotFound, match="being deleted"):
        enable(moto, ada.user)
    assert now_of(moto, ada.user).disabled
    assert "account_enabled" not in mails(moto)


def test_removal_is_finished_although_an_operator_tried_to_enable_it(moto: MotoBackend) -> None:
    ada = closed(moto)
    with pytest.raises(NotFound):
        enable(moto, ada.user)
    moto.clock.advance(PATIENCE)
    finish_removals(moto.backend)
    assert partitions(moto) == []


def test_account_that_is_removed_meanwhile_is_not_brought_back(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    moto.queued()
    gone = now_of(moto, user)
    with (
        before("TransactWriteItems", lambda: moto.backend.accounts.users.remove(gone)),
        pytest.raises(NotFound),
    ):
        enable(moto, user)
    assert not [item for item in moto.accounts() if item["sk"]["S"] == "PROFILE"]
    assert moto.queued() == []


# Others at the same time.


def test_rival_that_enables_it_first_is_the_one_who_did(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    moto.queued()
    outcomes: list[bool] = []
    with before("TransactWriteItems", lambda: outcomes.append(enable(moto, user))):
        outcomes.append(enable(moto, user))
    assert outcomes == [True, False]
    assert list(mails(moto)) == ["account_enabled"]


def test_rival_that_enables_and_disables_it_does_not_prevent_it(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)

    def rival() -> None:
        enable(moto, user)
        sign_in(moto, now_of(moto, user))
        disable(moto, user)

    with before("TransactWriteItems", rival):
        assert enable(moto, user)
    assert (now_of(moto, user).disabled, now_of(moto, user).token_epoch) == (False, 4)
    assert tags(moto, user.id).count("operator:account:enable") == 2


def test_rival_that_enables_it_does_not_prevent_a_new_disabling(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    ada: list[Person] = []
    disable(moto, user)
    enable(moto, user)

    def rival() -> None:
        disable(moto, user)
        enable(moto, user)
        ada.append(sign_in(moto, now_of(moto, user)))

    with before("TransactWriteItems", rival):
        assert disable(moto, user)
    assert now_of(moto, user).disabled
    assert is_over(moto, ada[0])
