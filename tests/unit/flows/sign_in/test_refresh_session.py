"""Refresh a session."""

import logging

import pytest

from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.stores.sessions import LOST_ANSWER, REFRESH_GRACE
from gatehouse.tokens import RefreshKeys, RefreshToken, issue_refresh, verify_refresh
from harness.moto_backend import MotoBackend
from harness.socket_harness import SocketHarness
from tests.support.calls import broken, recorded
from tests.support.people import PHONE, mails, person, sign_in, tags


def refresh(moto: MotoBackend, token: str) -> Tokens:
    return refresh_session(moto.backend, token, PHONE)


def test_refresh_gives_new_tokens_of_the_same_session(moto: MotoBackend) -> None:
    first = moto.sign_in(moto.user())
    second = refresh(moto, first.refresh_token)
    verify = moto.backend.keys.verify_access
    assert second.refresh_token != first.refresh_token
    assert verify(second.access_token) == verify(first.access_token)


def test_access_token_after_a_refresh_lives_on(moto: MotoBackend) -> None:
    first = moto.sign_in(moto.user())
    moto.clock.advance(900)
    second = refresh(moto, first.refresh_token)
    assert moto.backend.keys.verify_access(second.access_token).expires_at == moto.clock.now() + 900


def test_chain_of_refreshes_goes_on(moto: MotoBackend) -> None:
    tokens = moto.sign_in(moto.user())
    for _ in range(3):
        moto.clock.advance(900)
        tokens = refresh(moto, tokens.refresh_token)
    assert verify_refresh(tokens.refresh_token, moto.backend.keys.refresh_keys).counter == 3


def test_lost_answer_can_be_asked_for_again(moto: MotoBackend) -> None:
    first = moto.sign_in(moto.user())
    second = refresh(moto, first.refresh_token)
    moto.clock.advance(REFRESH_GRACE)
    assert refresh(moto, first.refresh_token).refresh_token == second.refresh_token


def test_answer_that_stays_lost_gives_way_to_a_new_one(moto: MotoBackend) -> None:
    first = moto.sign_in(moto.user())
    lost = refresh(moto, first.refresh_token)
    moto.clock.advance(REFRESH_GRACE + 1)
    again = refresh(moto, first.refresh_token)
    assert again.refresh_token != lost.refresh_token
    assert refresh(moto, again.refresh_token)


def test_answer_that_arrives_after_its_retry_ends_the_session(moto: MotoBackend) -> None:
    ada = person(moto)
    late = refresh(moto, ada.tokens.refresh_token)
    moto.clock.advance(REFRESH_GRACE + 1)
    refresh(moto, ada.tokens.refresh_token)
    with pytest.raises(InvalidGrant):
        refresh(moto, late.refresh_token)
    assert list(mails(moto)) == ["session_revoked"]


def test_stolen_token_ends_the_session_for_both_holders(moto: MotoBackend) -> None:
    first = moto.sign_in(moto.user())
    thief = refresh(moto, first.refresh_token)
    moto.clock.advance(LOST_ANSWER + 1)
    for token in (first.refresh_token, thief.refresh_token):
        with pytest.raises(InvalidGrant):
            refresh(moto, token)


def test_reuse_is_logged_without_the_token(
    moto: MotoBackend, caplog: pytest.LogCaptureFixture
) -> None:
    first = moto.sign_in(moto.user())
    refresh(moto, first.refresh_token)
    moto.clock.advance(LOST_ANSWER + 1)
    with pytest.raises(InvalidGrant):
        refresh(moto, first.refresh_token)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert first.refresh_token not in str(vars(record))


def test_reuse_leaves_the_other_sessions_alone(moto: MotoBackend) -> None:
    user = moto.user()
    stolen, other = moto.sign_in(user), moto.sign_in(user)
    refresh(moto, stolen.refresh_token)
    moto.clock.advance(LOST_ANSWER + 1)
    with pytest.raises(InvalidGrant):
        refresh(moto, stolen.refresh_token)
    assert refresh(moto, other.refresh_token)


def test_forged_token_is_refused_before_any_call(moto: MotoBackend) -> None:
    tokens = moto.sign_in(moto.user())
    place = verify_refresh(tokens.refresh_token, moto.backend.keys.refresh_keys)
    forged = issue_refresh(place, RefreshKeys("r1", {"r1": b"guess"}))
    with recorded() as calls, pytest.raises(InvalidGrant):
        refresh(moto, forged)
    assert calls == []


def test_access_token_is_no_refresh_token(moto: MotoBackend) -> None:
    with pytest.raises(InvalidGrant):
        refresh(moto, moto.access_token(moto.user()))


def test_token_of_a_session_that_never_was_is_refused(moto: MotoBackend) -> None:
    token = issue_refresh(RefreshToken("a" * 32, "b" * 32, 0), moto.backend.keys.refresh_keys)
    with pytest.raises(InvalidGrant):
        refresh(moto, token)


def test_refused_refresh_can_be_tried_again_when_aws_answers(moto: MotoBackend) -> None:
    tokens = moto.sign_in(moto.user())
    with broken("UpdateItem"), pytest.raises(Unavailable):
        refresh(moto, tokens.refresh_token)
    assert refresh(moto, tokens.refresh_token)


def test_refresh_whose_keys_failed_can_be_tried_again(moto: MotoBackend) -> None:
    tokens = moto.sign_in(moto.user())
    moto.clock.advance(301)
    with broken("GetSecretValue"), pytest.raises(Unavailable):
        refresh(moto, tokens.refresh_token)
    assert refresh(moto, tokens.refresh_token)


# Consequences of reuse.


def reuse(moto: MotoBackend, token: str) -> None:
    refresh(moto, token)
    moto.clock.advance(LOST_ANSWER + 1)
    with pytest.raises(InvalidGrant):
        refresh(moto, token)


def test_reuse_that_is_not_written_down_ends_the_session_at_the_next_try(moto: MotoBackend) -> None:
    ada = person(moto)
    latest = refresh(moto, ada.tokens.refresh_token).refresh_token
    moto.clock.advance(LOST_ANSWER + 1)
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        refresh(moto, ada.tokens.refresh_token)
    for token in (ada.tokens.refresh_token, latest):
        with pytest.raises(InvalidGrant):
            refresh(moto, token)


def test_reuse_is_told_to_the_owner(moto: MotoBackend) -> None:
    ada = person(moto)
    reuse(moto, ada.tokens.refresh_token)
    assert mails(moto)["session_revoked"]["to"] == ada.user.email


def test_reuse_is_told_once_however_often_it_comes(moto: MotoBackend) -> None:
    ada = person(moto)
    reuse(moto, ada.tokens.refresh_token)
    with pytest.raises(InvalidGrant):
        refresh(moto, ada.tokens.refresh_token)
    assert list(mails(moto)) == ["session_revoked"]


def test_reuse_is_found_among_the_events(moto: MotoBackend) -> None:
    ada = person(moto)
    reuse(moto, ada.tokens.refresh_token)
    assert "system:session:reuse" in tags(moto, ada.user.id)


def test_reuse_closes_the_sockets_of_the_session(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    mine, other = sockets.stranger(), sockets.client(ada.user)
    mine.connect(token=ada.tokens.access_token)
    refresh_session(sockets.backend, ada.tokens.refresh_token, PHONE)
    moto.clock.advance(LOST_ANSWER + 1)
    with pytest.raises(InvalidGrant):
        refresh_session(sockets.backend, ada.tokens.refresh_token, PHONE)
    assert (mine.disconnects, other.disconnects) == ([3503], [])


# Sessions that were not ended although their account changed.


def test_session_of_a_disabled_user_gives_no_tokens(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.disable(ada.user)
    with pytest.raises(InvalidGrant):
        refresh(moto, ada.tokens.refresh_token)


def test_session_of_an_older_epoch_gives_no_tokens_and_ends(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.transact(moto.backend.accounts.users.changing_password(ada.user, "h"))
    with pytest.raises(InvalidGrant):
        refresh(moto, ada.tokens.refresh_token)
    assert moto.backend.accounts.sessions.get(ada.user.id, ada.session_id) is None


def test_session_that_ends_so_takes_its_sockets_along(moto: MotoBackend) -> None:
    sockets = SocketHarness(moto)
    ada = person(moto)
    mine = sockets.stranger()
    mine.connect(token=ada.tokens.access_token)
    moto.backend.accounts.transact(moto.backend.accounts.users.changing_password(ada.user, "h"))
    with pytest.raises(InvalidGrant):
        refresh_session(sockets.backend, ada.tokens.refresh_token, PHONE)
    assert mine.disconnects == [3503]


def test_session_of_the_new_epoch_goes_on(moto: MotoBackend) -> None:
    ada = person(moto)
    moto.backend.accounts.transact(moto.backend.accounts.users.changing_password(ada.user, "h"))
    renewed = moto.backend.accounts.users.by_id(ada.user.id)
    assert renewed
    assert refresh(moto, sign_in(moto, renewed).tokens.refresh_token)
