"""Refresh a session."""

import logging

import pytest

from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.flows.sign_in.refresh_session import refresh_session
from gatehouse.flows.sign_in.start_session import Tokens
from gatehouse.stores.sessions import REFRESH_GRACE
from gatehouse.tokens import RefreshKeys, RefreshToken, issue_refresh, verify_refresh
from tests.support.calls import broken, recorded
from tests.support.people import PHONE, letters, person, sign_in, tags
from tests.support.sockets import Hall
from tests.support.world import World


def refresh(world: World, token: str) -> Tokens:
    return refresh_session(world.backend, token, PHONE)


def test_refresh_gives_new_tokens_of_the_same_session(world: World) -> None:
    first = world.sign_in(world.user())
    second = refresh(world, first.refresh_token)
    verify = world.backend.keys.verify_access
    assert second.refresh_token != first.refresh_token
    assert verify(second.access_token) == verify(first.access_token)


def test_access_token_after_a_refresh_lives_on(world: World) -> None:
    first = world.sign_in(world.user())
    world.clock.advance(900)
    second = refresh(world, first.refresh_token)
    assert (
        world.backend.keys.verify_access(second.access_token).expires_at == world.clock.now() + 900
    )


def test_chain_of_refreshes_goes_on(world: World) -> None:
    tokens = world.sign_in(world.user())
    for _ in range(3):
        world.clock.advance(900)
        tokens = refresh(world, tokens.refresh_token)
    assert verify_refresh(tokens.refresh_token, world.backend.keys.refresh_keys).counter == 3


def test_lost_answer_can_be_asked_for_again(world: World) -> None:
    first = world.sign_in(world.user())
    second = refresh(world, first.refresh_token)
    world.clock.advance(REFRESH_GRACE)
    assert refresh(world, first.refresh_token).refresh_token == second.refresh_token


def test_stolen_token_ends_the_session_for_both_holders(world: World) -> None:
    first = world.sign_in(world.user())
    thief = refresh(world, first.refresh_token)
    world.clock.advance(REFRESH_GRACE + 1)
    for token in (first.refresh_token, thief.refresh_token):
        with pytest.raises(InvalidGrant):
            refresh(world, token)


def test_reuse_is_logged_without_the_token(world: World, caplog: pytest.LogCaptureFixture) -> None:
    first = world.sign_in(world.user())
    refresh(world, first.refresh_token)
    world.clock.advance(REFRESH_GRACE + 1)
    with pytest.raises(InvalidGrant):
        refresh(world, first.refresh_token)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert first.refresh_token not in str(vars(record))


def test_reuse_leaves_the_other_sessions_alone(world: World) -> None:
    user = world.user()
    stolen, other = world.sign_in(user), world.sign_in(user)
    refresh(world, stolen.refresh_token)
    world.clock.advance(REFRESH_GRACE + 1)
    with pytest.raises(InvalidGrant):
        refresh(world, stolen.refresh_token)
    assert refresh(world, other.refresh_token)


def test_forged_token_is_refused_before_any_call(world: World) -> None:
    tokens = world.sign_in(world.user())
    place = verify_refresh(tokens.refresh_token, world.backend.keys.refresh_keys)
    forged = issue_refresh(place, RefreshKeys("r1", {"r1": b"guess"}))
    with recorded() as calls, pytest.raises(InvalidGrant):
        refresh(world, forged)
    assert calls == []


def test_access_token_is_no_refresh_token(world: World) -> None:
    with pytest.raises(InvalidGrant):
        refresh(world, world.access_token(world.user()))


def test_token_of_a_session_that_never_was_is_refused(world: World) -> None:
    token = issue_refresh(RefreshToken("a" * 32, "b" * 32, 0), world.backend.keys.refresh_keys)
    with pytest.raises(InvalidGrant):
        refresh(world, token)


def test_refused_refresh_can_be_tried_again_when_aws_answers(world: World) -> None:
    tokens = world.sign_in(world.user())
    with broken("UpdateItem"), pytest.raises(Unavailable):
        refresh(world, tokens.refresh_token)
    assert refresh(world, tokens.refresh_token)


def test_refresh_whose_keys_failed_can_be_tried_again(world: World) -> None:
    tokens = world.sign_in(world.user())
    world.clock.advance(301)
    with broken("GetSecretValue"), pytest.raises(Unavailable):
        refresh(world, tokens.refresh_token)
    assert refresh(world, tokens.refresh_token)


# What reuse sets off.


def reuse(world: World, token: str) -> None:
    refresh(world, token)
    world.clock.advance(REFRESH_GRACE + 1)
    with pytest.raises(InvalidGrant):
        refresh(world, token)


def test_reuse_that_is_not_written_down_ends_the_session_at_the_next_try(world: World) -> None:
    ada = person(world)
    latest = refresh(world, ada.tokens.refresh_token).refresh_token
    world.clock.advance(REFRESH_GRACE + 1)
    with broken("TransactWriteItems"), pytest.raises(Unavailable):
        refresh(world, ada.tokens.refresh_token)
    for token in (ada.tokens.refresh_token, latest):
        with pytest.raises(InvalidGrant):
            refresh(world, token)


def test_reuse_is_told_to_the_owner(world: World) -> None:
    ada = person(world)
    reuse(world, ada.tokens.refresh_token)
    assert letters(world)["session_revoked"]["to"] == ada.user.email


def test_reuse_is_told_once_however_often_it_comes(world: World) -> None:
    ada = person(world)
    reuse(world, ada.tokens.refresh_token)
    with pytest.raises(InvalidGrant):
        refresh(world, ada.tokens.refresh_token)
    assert list(letters(world)) == ["session_revoked"]


def test_reuse_is_found_among_the_events(world: World) -> None:
    ada = person(world)
    reuse(world, ada.tokens.refresh_token)
    assert "system:session:reuse" in tags(world, ada.user.id)


def test_reuse_closes_the_sockets_of_the_session(world: World) -> None:
    hall = Hall(world)
    ada = person(world)
    mine, other = hall.stranger(), hall.client(ada.user)
    mine.connect(token=ada.tokens.access_token)
    refresh_session(hall.backend, ada.tokens.refresh_token, PHONE)
    world.clock.advance(REFRESH_GRACE + 1)
    with pytest.raises(InvalidGrant):
        refresh_session(hall.backend, ada.tokens.refresh_token, PHONE)
    assert (mine.disconnects, other.disconnects) == ([3503], [])


# Sessions that nobody ended, of accounts that moved on.


def test_session_of_a_disabled_user_gives_no_tokens(world: World) -> None:
    ada = person(world)
    world.disable(ada.user)
    with pytest.raises(InvalidGrant):
        refresh(world, ada.tokens.refresh_token)


def test_session_of_an_older_epoch_gives_no_tokens_and_ends(world: World) -> None:
    ada = person(world)
    world.backend.accounts.transact(world.backend.accounts.users.changing_password(ada.user, "h"))
    with pytest.raises(InvalidGrant):
        refresh(world, ada.tokens.refresh_token)
    session = world.backend.accounts.sessions.get(ada.user.id, ada.session_id)
    assert session
    assert session.revoked


def test_session_that_ends_so_takes_its_sockets_along(world: World) -> None:
    hall = Hall(world)
    ada = person(world)
    mine = hall.stranger()
    mine.connect(token=ada.tokens.access_token)
    world.backend.accounts.transact(world.backend.accounts.users.changing_password(ada.user, "h"))
    with pytest.raises(InvalidGrant):
        refresh_session(hall.backend, ada.tokens.refresh_token, PHONE)
    assert mine.disconnects == [3503]


def test_session_of_the_new_epoch_goes_on(world: World) -> None:
    ada = person(world)
    world.backend.accounts.transact(world.backend.accounts.users.changing_password(ada.user, "h"))
    renewed = world.backend.accounts.users.by_id(ada.user.id)
    assert renewed
    assert refresh(world, sign_in(world, renewed).tokens.refresh_token)
