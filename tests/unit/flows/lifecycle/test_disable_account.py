"""Disable an account: at once for everything that checks it, and in seconds for its sockets."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gatehouse.errors import (
    AccountDisabled,
    InvalidConnectionToken,
    InvalidCredentials,
    InvalidGrant,
    InvalidLink,
    InvalidPassword,
    InvalidToken,
    NotFound,
    Unavailable,
)
from gatehouse.flows.accounts.check_session import active_user
from gatehouse.flows.accounts.read_events import EventView, read_events
from gatehouse.flows.accounts.read_profile import read_profile
from gatehouse.flows.accounts.request_password_reset import (
    RequestPasswordReset,
    request_password_reset,
)
from gatehouse.flows.accounts.reset_password import ResetPassword, reset_password
from gatehouse.flows.lifecycle.delete_account import DeleteAccount, delete_account
from gatehouse.flows.lifecycle.disable_account import disable_account
from gatehouse.flows.lifecycle.enable_account import enable_account
from gatehouse.flows.realtime.authorization import check_session, identify
from gatehouse.flows.sign_in.log_in import LogIn, log_in
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.stores.table import when
from gatehouse.stores.users import User
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import before, broken, watched
from tests.support.people import NEW_PASSWORD, PHONE, mails, now_of, person, sign_in, tags, token_in

EMAIL = "ada@example.com"
OPERATOR = "arn:aws:sts::123456789012:assumed-role/Operator/eve"


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def disable(moto: MotoBackend, user: User, backend: Any = None) -> bool:
    return disable_account(backend or moto.backend, user.id, actor=OPERATOR, reason="spam")


def log_in_as(moto: MotoBackend, password: str = PASSWORD) -> None:
    log_in(moto.backend, LogIn.model_validate({"email": EMAIL, "password": password}), PHONE)


@contextmanager
def at_call(number: int, act: Callable[[], object]) -> Iterator[None]:
    """Runs ``act`` before one AWS call of the block, counted from 0."""
    calls = itertools.count()

    def note(*_: object) -> None:
        if next(calls) == number:
            act()

    with watched(note):
        yield


@contextmanager
def each_call(operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Runs ``act`` before every call of an operation in the block."""

    def note(_service: str, name: str, _params: object) -> None:
        if name == operation:
            act()

    with watched(note):
        yield


# What it does.


def test_disabled_account_is_in_a_new_epoch(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    assert disable(moto, user)
    assert (now_of(moto, user).disabled, now_of(moto, user).token_epoch) == (True, 1)


def test_event_names_operator_and_reason(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    (event,) = moto.backend.accounts.events.latest(user.id, before=None, limit=9)
    assert (event.tag, event.actor, event.reason) == ("operator:account:disable", OPERATOR, "spam")


def test_user_reads_the_reason_but_not_the_operator(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    enable_account(moto.backend, user.id, actor=OPERATOR)
    page = read_events(moto.backend, sign_in(moto, now_of(moto, user)).identity, None)
    event = next(each for each in page.events if each.tag == "operator:account:disable")
    assert event == EventView(event.id, event.tag, event.at, "", "", "", 1, "spam")
    assert OPERATOR not in str(page)


def test_owner_is_told_by_mail(moto: MotoBackend) -> None:
    disable(moto, moto.user(EMAIL))
    assert mails(moto)["account_disabled"]["to"] == EMAIL


def test_other_accounts_are_left_alone(moto: MotoBackend) -> None:
    ada, eve = person(moto), person(moto)
    disable(moto, ada.user)
    assert now_of(moto, eve.user) == eve.user
    assert refresh_session(moto.backend, eve.tokens.refresh_token, PHONE)


def test_second_time_changes_nothing(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    assert [disable(moto, user), disable(moto, user)] == [True, False]
    assert now_of(moto, user).token_epoch == 1
    assert tags(moto, user.id) == ["operator:account:disable"]
    assert list(mails(moto)) == ["account_disabled"]


def test_disabled_again_after_it_was_enabled_is_told_again(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    disable(moto, user)
    enable_account(moto.backend, user.id, actor=OPERATOR)
    assert disable(moto, user)
    keys = [mail["key"] for mail in moto.queued()]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("user_id", ["", "0" * 32, "a#b", "PROFILE", "x" * 5_000])
def test_account_that_never_was_is_not_found(moto: MotoBackend, user_id: str) -> None:
    with pytest.raises(NotFound):
        disable_account(moto.backend, user_id, actor=OPERATOR)
    assert moto.accounts() == []


# What a disabled user cannot do.


def test_that_it_is_disabled_is_told_after_the_right_password_only(moto: MotoBackend) -> None:
    disable(moto, moto.user(EMAIL))
    with pytest.raises(AccountDisabled):
        log_in_as(moto)
    with pytest.raises(InvalidCredentials):
        log_in_as(moto, "wrong")


def test_every_session_is_over(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    others = [ada, sign_in(moto, ada.user)]
    disable(moto, ada.user)
    for each in others:
        with pytest.raises(InvalidGrant):
            refresh_session(moto.backend, each.tokens.refresh_token, PHONE)
        with pytest.raises(InvalidToken):
            active_user(moto.backend, each.identity)


def test_access_token_does_not_even_read_the_profile(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    disable(moto, ada.user)
    with pytest.raises(InvalidToken):
        read_profile(moto.backend, ada.identity)


def test_no_reset_mail_is_sent(moto: MotoBackend) -> None:
    disable(moto, moto.user(EMAIL))
    moto.queued()
    request_password_reset(
        moto.backend, RequestPasswordReset.model_validate({"email": EMAIL}), PHONE
    )
    assert list(mails(moto)) == ["nothing"]


def test_reset_link_of_before_is_dead_even_after_it_is_enabled(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    request_password_reset(
        moto.backend, RequestPasswordReset.model_validate({"email": EMAIL}), PHONE
    )
    token = token_in(mails(moto)["reset_password"])
    request = ResetPassword.model_validate({"token": token, "password": NEW_PASSWORD})
    disable(moto, user)
    with pytest.raises(InvalidLink):
        reset_password(moto.backend, request, PHONE)
    enable_account(moto.backend, user.id, actor=OPERATOR)
    with pytest.raises(InvalidLink):
        reset_password(moto.backend, request, PHONE)


# The socket.


def test_live_sockets_are_closed(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    clients = [sockets.member("room:1", user) for _ in range(3)]
    disable(sockets.moto, user, sockets.backend)
    assert [client.disconnects for client in clients] == [[3503]] * 3
    assert sockets.stored() == []


def test_publish_after_it_is_refused(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    reader, writer = sockets.member("room:1"), sockets.member("room:1", user)
    disable(sockets.moto, user, sockets.backend)
    writer.send('{"id": 3, "publish": {"channel": "room:1", "data": "still here"}}')
    assert writer.replies[-1]["id"] == 2
    assert reader.publications == []


def test_publish_that_had_begun_is_carried_out_and_no_later_one(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    reader, writer = sockets.member("room:1"), sockets.member("room:1", user)
    with before("PutItem", lambda: disable(sockets.moto, user, sockets.backend)):
        writer.send('{"id": 3, "publish": {"channel": "room:1", "data": "in flight"}}')
    writer.send('{"id": 4, "publish": {"channel": "room:1", "data": "later"}}')
    assert reader.publications == ["in flight"]
    assert writer.is_closed


def test_nothing_more_is_delivered_to_it(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    client, other = sockets.member("room:1", user), sockets.member("room:1")
    disable(sockets.moto, user, sockets.backend)
    other.result("publish", channel="room:1", data="secret")
    assert client.publications == []


def test_token_connects_no_socket(moto: MotoBackend) -> None:
    ada = person(moto)
    disable(moto, ada.user)
    with pytest.raises(InvalidConnectionToken):
        check_session(moto.backend, identify(moto.backend, ada.tokens.access_token))


def test_socket_that_the_gateway_does_not_close_is_closed_by_a_check(
    sockets: SocketHarness,
) -> None:
    user = sockets.moto.user()
    client = sockets.client(user)
    sockets.checks()
    sockets.api.failing.add(client.id)
    assert disable(sockets.moto, user, sockets.backend)
    sockets.api.failing.clear()
    sockets.run_delayed_checks()
    assert client.is_closed


def test_socket_that_could_not_be_marked_is_reported_and_closed_by_a_repeat(
    sockets: SocketHarness,
) -> None:
    user = sockets.moto.user()
    client = sockets.client(user)
    for session in sockets.moto.backend.accounts.sessions.of_user(user.id):
        sockets.moto.backend.accounts.table.delete(
            {"pk": f"USER#{user.id}", "sk": f"SESSION#{session.id}"}
        )
    with broken("UpdateItem"), pytest.raises(Unavailable):
        disable(sockets.moto, user, sockets.backend)
    assert not disable(sockets.moto, user, sockets.backend)
    assert client.disconnects == [3503]


@pytest.mark.parametrize("number", range(14))
def test_connect_at_the_same_time_leaves_no_open_socket(
    sockets: SocketHarness, number: int
) -> None:
    """Whichever call of ``connect`` comes after it: no connection stays open."""
    ada = person(sockets.moto)
    client = sockets.stranger()
    with at_call(number, lambda: disable(sockets.moto, ada.user, sockets.backend)):
        client.send(f'{{"id": 1, "connect": {{"token": "{ada.tokens.access_token}"}}}}')
    assert now_of(sockets.moto, ada.user).disabled
    assert client.is_closed
    assert sockets.stored() == []


# Others at the same time.


def test_sign_in_at_the_same_time_starts_no_session(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    with (
        before("TransactWriteItems", lambda: disable(moto, user)),
        pytest.raises(InvalidCredentials),
    ):
        log_in_as(moto)
    assert moto.backend.accounts.sessions.of_user(user.id) == []


def test_refresh_at_the_same_time_gives_no_tokens(moto: MotoBackend) -> None:
    ada = person(moto)
    with before("UpdateItem", lambda: disable(moto, ada.user)), pytest.raises(InvalidGrant):
        refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)


def test_password_that_is_changed_at_the_same_time_does_not_prevent_it(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)

    def change() -> None:
        moto.backend.accounts.transact(moto.backend.accounts.users.changing_password(user, "h"))

    with before("TransactWriteItems", change):
        assert disable(moto, user)
    assert (now_of(moto, user).disabled, now_of(moto, user).token_epoch) == (True, 2)


def test_rival_that_disables_it_first_is_the_one_who_did(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    outcomes: list[bool] = []
    with before("TransactWriteItems", lambda: outcomes.append(disable(moto, user))):
        outcomes.append(disable(moto, user))
    assert outcomes == [True, False]
    assert list(mails(moto)) == ["account_disabled"]


def test_deletion_at_the_same_time_does_not_begin(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    with (
        before("TransactWriteItems", lambda: disable(moto, ada.user)),
        pytest.raises(InvalidPassword),
    ):
        delete_account(moto.backend, ada.identity, DeleteAccount(password=PASSWORD), PHONE)
    assert now_of(moto, ada.user).disabled
    assert "account_deleted" not in mails(moto)


def test_account_that_is_being_deleted_is_not_disabled_again(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    moto.backend.accounts.transact(
        moto.backend.accounts.users.closing(user),
        moto.backend.accounts.removals.beginning(user.id, moto.clock.now()),
    )
    assert not disable(moto, user)
    assert moto.queued() == []


def test_account_that_never_stays_the_same_is_left_as_it_is(moto: MotoBackend) -> None:
    user = moto.user(EMAIL)
    table = moto.backend.accounts.table

    def change() -> None:
        table.update(
            {"pk": f"USER#{user.id}", "sk": "PROFILE"}, when("ADD #token_epoch :one", one=1)
        )

    with each_call("TransactWriteItems", change), pytest.raises(Unavailable):
        disable(moto, user)
    assert not now_of(moto, user).disabled
    assert moto.queued() == []


# Interruptions.


@pytest.mark.parametrize("operation", ["Query", "UpdateItem"])
def test_what_was_interrupted_is_completed_by_a_repeat(
    sockets: SocketHarness, operation: str
) -> None:
    user = sockets.moto.user(EMAIL)
    client = sockets.client(user)
    with broken(operation), pytest.raises(Unavailable):
        disable(sockets.moto, user, sockets.backend)
    assert now_of(sockets.moto, user).disabled
    assert not disable(sockets.moto, user, sockets.backend)
    assert client.is_closed
    assert sockets.stored() == []


def test_mail_that_was_not_queued_is_queued_by_maintenance(moto: MotoBackend) -> None:
    with broken("SendMessage"):
        disable(moto, moto.user(EMAIL))
    moto.clock.advance(60)
    moto.backend.accounts.outbox.hand_over_forgotten()
    assert list(mails(moto)) == ["account_disabled"]


def test_account_that_could_not_be_written_is_as_before(moto: MotoBackend) -> None:
    ada = person(moto, EMAIL)
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        disable(moto, ada.user)
    assert now_of(moto, ada.user) == ada.user
    assert refresh_session(moto.backend, ada.tokens.refresh_token, PHONE)
