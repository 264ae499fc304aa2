"""Sign out."""

import pytest

from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.flows.sign_in.log_out import log_out
from gatehouse.flows.sign_in.refresh_session import refresh_session
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken
from tests.support.people import PHONE, person, tags


def leave(moto: MotoBackend, token: str) -> None:
    log_out(moto.backend, token, PHONE)


def refreshed(moto: MotoBackend, token: str) -> str:
    return refresh_session(moto.backend, token, PHONE).refresh_token


def test_session_is_over_after_its_log_out(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    leave(moto, token)
    with pytest.raises(InvalidGrant):
        refreshed(moto, token)


def test_older_token_ends_the_session_too(moto: MotoBackend) -> None:
    first = moto.sign_in(moto.user()).refresh_token
    latest = refreshed(moto, first)
    leave(moto, first)
    with pytest.raises(InvalidGrant):
        refreshed(moto, latest)


def test_other_sessions_go_on(moto: MotoBackend) -> None:
    user = moto.user()
    one, other = moto.sign_in(user).refresh_token, moto.sign_in(user).refresh_token
    leave(moto, one)
    assert refreshed(moto, other)


def test_log_out_may_come_twice(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    leave(moto, token)
    items = moto.accounts()
    leave(moto, token)
    assert moto.accounts() == items


@pytest.mark.parametrize("token", ["", "x", "r1.a.b.0.forged"])
def test_token_that_means_nothing_changes_nothing(moto: MotoBackend, token: str) -> None:
    moto.sign_in(moto.user())
    items = moto.accounts()
    leave(moto, token)
    assert moto.accounts() == items


def test_log_out_that_was_not_written_is_not_acknowledged(moto: MotoBackend) -> None:
    token = moto.sign_in(moto.user()).refresh_token
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        leave(moto, token)


def test_log_out_is_an_event_and_closes_the_socket(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    client = sockets.stranger()
    client.connect(token=ada.tokens.access_token)
    log_out(sockets.backend, ada.tokens.refresh_token, PHONE)
    assert "user:session:end" in tags(moto, ada.user.id)
    assert client.disconnects == [3503]
