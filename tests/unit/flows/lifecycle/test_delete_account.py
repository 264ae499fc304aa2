"""Delete an account: none of its data is left, and its address is free."""

import pytest

from gatehouse.errors import (
    AccountDisabled,
    InvalidCredentials,
    InvalidGrant,
    InvalidPassword,
    Unavailable,
)
from gatehouse.flows.accounts.change_password import ChangePassword, change_password
from gatehouse.flows.accounts.register import Register, register
from gatehouse.flows.accounts.request_email_change import RequestEmailChange, request_email_change
from gatehouse.flows.accounts.request_password_reset import (
    RequestPasswordReset,
    request_password_reset,
)
from gatehouse.flows.lifecycle import finish_removals as module
from gatehouse.flows.lifecycle.delete_account import DeleteAccount, delete_account
from gatehouse.flows.lifecycle.finish_removals import PATIENCE, finish_removals
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.identity import parse_address
from gatehouse.realtime.channels import RULES
from gatehouse.stores.events import new_event
from harness.moto_backend import PASSWORD, START, MotoBackend
from harness.socket_harness import SocketHarness
from harness.tables import items
from tests.support.calls import before, broken, recorded
from tests.support.people import (
    NEW_PASSWORD,
    PHONE,
    Person,
    mails,
    now_of,
    partitions,
    person,
    sign_in,
)

EMAIL = "ada@example.com"


def delete(moto: MotoBackend, who: Person, password: str = PASSWORD) -> None:
    delete_account(moto.backend, who.identity, DeleteAccount(password=password), PHONE)


def test_nothing_of_the_account_is_left(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    sign_in(moto, ada.user)
    delete(moto, ada)
    assert partitions(moto) == []
    assert ada.user.id not in str(moto.accounts())


def test_other_accounts_are_left_alone(moto: MotoBackend) -> None:
    ada, eve = person(moto, EMAIL), person(moto)
    delete(moto, ada)
    assert now_of(moto, eve.user) == eve.user
    assert refresh_session(moto.backend, eve.tokens.refresh_token, PHONE)


def test_address_is_free_for_a_new_account(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    delete(moto, ada)
    assert moto.user(EMAIL).id != ada.user.id


def test_owner_gets_a_last_mail(moto: MotoBackend) -> None:
    delete(moto, person(moto, EMAIL))
    assert mails(moto)["account_deleted"]["to"] == EMAIL


def test_sockets_are_closed(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto, EMAIL)
    client = sockets.client(ada.user)
    delete_account(sockets.backend, ada.identity, DeleteAccount(password=PASSWORD), PHONE)
    assert client.disconnects == [3503]
    assert sockets.stored() == []


def test_session_is_over(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    delete(moto, ada)
    with pytest.raises(InvalidGrant):
        refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)


def test_wrong_password_deletes_nothing(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    with pytest.raises(InvalidPassword):
        delete(moto, ada, "wrong")
    assert now_of(moto, ada.user) == ada.user


def test_deletion_that_was_not_written_is_not_acknowledged(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        delete(moto, ada)
    assert now_of(moto, ada.user) == ada.user


@pytest.mark.parametrize("operation", ["Query", "DeleteItem"])
def test_what_was_interrupted_is_finished_by_maintenance(moto: MotoBackend, operation: str) -> None:
    ada = person(moto, EMAIL)
    with broken(operation), pytest.raises(Unavailable):
        delete(moto, ada)
    moto.clock.advance(PATIENCE)
    finish_removals(moto.backend)
    moto.backend.accounts.outbox.hand_over_forgotten()
    assert partitions(moto) == []


def test_nobody_signs_in_while_the_removal_is_interrupted(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    with broken("Query"), pytest.raises(Unavailable):
        delete(moto, ada)
    request = LogIn.model_validate({"email": EMAIL, "password": PASSWORD})
    with pytest.raises(AccountDisabled):
        log_in(moto.backend, request, PHONE)


def test_sign_in_beside_the_deletion_leaves_no_session(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    request = LogIn.model_validate({"email": EMAIL, "password": PASSWORD})
    with (
        before("TransactWriteItems", lambda: delete(moto, ada)),
        pytest.raises(InvalidCredentials),
    ):
        log_in(moto.backend, request, PHONE)
    assert moto.backend.accounts.users.by_email(parse_address(EMAIL)) is None
    assert moto.backend.accounts.sessions.of_user(ada.user.id) == []


def test_second_deletion_at_the_same_time_does_no_harm(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    with before("TransactWriteItems", lambda: delete(moto, ada)), pytest.raises(InvalidPassword):
        delete(moto, ada)
    assert partitions(moto) == []


def test_password_that_is_changed_at_the_same_time_deletes_nothing(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    request = ChangePassword.model_validate(body)

    def change() -> None:
        change_password(moto.backend, ada.identity, request, PHONE)

    with before("TransactWriteItems", change), pytest.raises(InvalidPassword):
        delete(moto, ada)
    assert not now_of(moto, ada.user).disabled
    assert "account_deleted" not in mails(moto)


# What else is stored about the user.


def rows(moto: MotoBackend) -> str:
    """Returns everything in both tables, as text."""
    return str(items(moto.dynamodb, "AccountsTable") + items(moto.dynamodb, "RealtimeTable"))


def test_address_is_nowhere_afterwards(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    request_password_reset(
        moto.backend, RequestPasswordReset.model_validate({"email": EMAIL}), PHONE
    )
    change = RequestEmailChange.model_validate({"new_email": "n@b.example", "password": PASSWORD})
    request_email_change(moto.backend, ada.identity, change, PHONE)
    delete(moto, ada)
    assert EMAIL not in rows(moto)
    assert "n@b.example" not in rows(moto)


def test_registrations_that_wait_for_the_address_are_removed(strict_moto: MotoBackend) -> None:
    moto = strict_moto
    body = {"email": EMAIL, "password": PASSWORD, "name": "Eve"}
    register(moto.backend, Register.model_validate(body), PHONE)
    ada, other = person(moto, EMAIL), parse_address("eve@example.com")
    register(moto.backend, Register.model_validate({**body, "email": other.written}), PHONE)
    registrations = moto.backend.accounts.registrations
    delete(moto, ada)
    assert registrations.latest(EMAIL, moto.clock.now()) is None
    assert registrations.latest(other.canonical, moto.clock.now())


def test_personal_channel_is_removed_and_no_room(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto, EMAIL)
    sockets.member("room:1", ada.user)
    streams, now = moto.backend.realtime.streams, moto.clock.now()
    mine = RULES.personal(ada.user.id)
    for channel in (mine, "room:1"):
        streams.append(channel, '{"data":"hello"}', now=now, life=60)
    delete_account(sockets.backend, ada.identity, DeleteAccount(password=PASSWORD), PHONE)
    assert streams.latest(mine, now=now, limit=9) == []
    assert mine not in rows(moto)
    assert len(streams.latest("room:1", now=now, limit=9)) == 1


def test_channel_that_looks_alike_is_left(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    streams, now = moto.backend.realtime.streams, moto.clock.now()
    other = f"{RULES.personal(ada.user.id)}0"
    streams.append(other, '{"data":1}', now=now, life=60)
    delete(moto, ada)
    assert len(streams.latest(other, now=now, limit=9)) == 1


def test_one_request_removes_so_much_and_maintenance_the_rest(
    moto: MotoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 5)
    ada = person(moto, EMAIL)
    for _ in range(12):
        moto.backend.accounts.events.record(new_event(ada.user.id, "a:b:c", now=START))
    with recorded() as calls:
        delete(moto, ada)
    assert [call.operation for call in calls].count("DeleteItem") <= 5 + 1
    assert now_of(moto, ada.user).disabled
    for _ in range(2):
        moto.clock.advance(PATIENCE)
        finish_removals(moto.backend)
    assert partitions(moto) == []
