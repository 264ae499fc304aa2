"""Sessions: which refreshes succeed, when sessions end, and what reuse does."""

from typing import Any

import pytest

from gatehouse.aws import TransactionRefused
from gatehouse.errors import InvalidGrant, Unavailable
from gatehouse.identity import Device
from gatehouse.stores import item_keys
from gatehouse.stores.sessions import (
    ABSOLUTE_LIFE,
    IDLE_LIFE,
    LOST_ANSWER,
    REFRESH_GRACE,
    Reissue,
    ReusedToken,
    Session,
    new_session,
)
from gatehouse.stores.table import when
from harness.moto_backend import START, MotoBackend
from tests.support.calls import before, broken, contend, recorded, watched

DAY = 86_400
USER, SID = "u1", "s1"


@pytest.fixture
def started(moto: MotoBackend) -> MotoBackend:
    """Returns a backend with one session that has just started."""
    session = new_session(SID, USER, device=Device("192.0.2.1", "UA"), token_epoch=3, now=START)
    moto.backend.accounts.transact(moto.backend.accounts.sessions.starting(session))
    return moto


def refresh(moto: MotoBackend, counter: int, after: int = 0) -> Session:
    return moto.backend.accounts.sessions.refresh(USER, SID, counter, START + after)


def stored(moto: MotoBackend) -> Session:
    session = moto.backend.accounts.sessions.get(USER, SID)
    assert session
    return session


# Start.


def test_session_comes_back_as_it_started(started: MotoBackend) -> None:
    assert stored(started) == Session(
        id=SID,
        user_id=USER,
        counter=0,
        created_at=START,
        refreshed_at=START,
        expires_at=START + IDLE_LIFE,
        token_epoch=3,
        address="192.0.2.1",
        user_agent="UA",
    )


def test_session_is_not_started_twice(started: MotoBackend) -> None:
    with pytest.raises(TransactionRefused):
        started.backend.accounts.transact(
            started.backend.accounts.sessions.starting(stored(started))
        )


def test_session_of_another_user_is_not_found(started: MotoBackend) -> None:
    assert started.backend.accounts.sessions.get("u2", SID) is None


def test_session_is_cleaned_away_after_its_end(started: MotoBackend) -> None:
    (item,) = started.accounts()
    assert int(item["ttl"]["N"]) > START + ABSOLUTE_LIFE


# Refresh.


def test_refresh_moves_the_session_on(started: MotoBackend) -> None:
    session = refresh(started, 0, after=DAY)
    assert (session.counter, session.refreshed_at) == (1, START + DAY)
    assert session.expires_at == START + DAY + IDLE_LIFE
    assert stored(started) == session


def test_refresh_is_one_write(started: MotoBackend) -> None:
    with recorded() as calls:
        refresh(started, 0)
    assert [call.operation for call in calls] == ["UpdateItem"]


@pytest.mark.parametrize("after", [0, 1, REFRESH_GRACE])
def test_same_refresh_within_the_grace_gives_the_same_successor(
    started: MotoBackend, after: int
) -> None:
    first = refresh(started, 0, after=DAY)
    assert refresh(started, 0, after=DAY + after) == first
    assert not stored(started).revoked


def test_same_refresh_within_the_grace_does_not_prolong_it(started: MotoBackend) -> None:
    refresh(started, 0)
    refresh(started, 0, after=REFRESH_GRACE)
    assert refresh(started, 0, after=REFRESH_GRACE + 1).counter == 2


@pytest.mark.parametrize("after", [REFRESH_GRACE + 1, LOST_ANSWER])
def test_lost_answer_gives_way_to_another_successor(started: MotoBackend, after: int) -> None:
    refresh(started, 0, after=DAY)
    session = refresh(started, 0, after=DAY + after)
    assert (session.counter, session.refreshed_at) == (2, START + DAY + after)
    assert session.reissue == Reissue(counter=2, predecessor=0, first_used_at=START + DAY)
    assert stored(started) == session


def test_token_of_a_lost_answer_is_void_after_the_retry(started: MotoBackend) -> None:
    refresh(started, 0)
    refresh(started, 0, after=REFRESH_GRACE + 1)
    with pytest.raises(ReusedToken):
        refresh(started, 1, after=REFRESH_GRACE + 1)


def test_retry_has_a_grace_of_its_own(started: MotoBackend) -> None:
    refresh(started, 0)
    again = refresh(started, 0, after=LOST_ANSWER)
    assert refresh(started, 0, after=LOST_ANSWER + REFRESH_GRACE) == again


def test_retries_do_not_prolong_the_time_for_a_lost_answer(started: MotoBackend) -> None:
    for after in (0, 200, 400, LOST_ANSWER):
        refresh(started, 0, after=after)
    with pytest.raises(ReusedToken):
        refresh(started, 0, after=LOST_ANSWER + REFRESH_GRACE + 1)


def test_session_goes_on_from_a_retry(started: MotoBackend) -> None:
    refresh(started, 0)
    refresh(started, 0, after=REFRESH_GRACE + 1)
    session = refresh(started, 2, after=DAY)
    assert (session.counter, session.predecessor, session.reissue) == (3, 2, None)
    with pytest.raises(ReusedToken):
        refresh(started, 0, after=DAY)


def test_record_of_a_retry_is_void_once_the_former_version_moved_on(started: MotoBackend) -> None:
    refresh(started, 0)
    refresh(started, 0, after=REFRESH_GRACE + 1)
    key = item_keys.session(USER, SID)
    change = when("SET #counter = :three, #refreshed_at = :now", three=3, now=START + 40)
    started.backend.accounts.table.update(key, change)
    assert (stored(started).predecessor, stored(started).predecessor_used_at) == (2, START + 40)
    with pytest.raises(ReusedToken):
        refresh(started, 0, after=41)


def test_session_of_the_former_version_counts_from_its_last_refresh(started: MotoBackend) -> None:
    refresh(started, 0, after=DAY)
    assert "reissue" not in started.accounts()[0]
    assert refresh(started, 0, after=DAY + LOST_ANSWER).counter == 2


def test_reuse_beyond_the_time_for_a_lost_answer_is_told_from_any_other_refusal(
    started: MotoBackend,
) -> None:
    refresh(started, 0)
    with pytest.raises(ReusedToken):
        refresh(started, 0, after=LOST_ANSWER + 1)


def test_token_two_behind_is_reused_even_within_the_grace(started: MotoBackend) -> None:
    refresh(started, 0)
    refresh(started, 1)
    with pytest.raises(ReusedToken):
        refresh(started, 0)


def test_token_of_the_future_is_refused(started: MotoBackend) -> None:
    with pytest.raises(InvalidGrant):
        refresh(started, 5)


def test_rival_with_the_same_token_gets_the_same_successor(started: MotoBackend) -> None:
    rivals: list[Session] = []
    with before("UpdateItem", lambda: rivals.append(refresh(started, 0))):
        mine = refresh(started, 0)
    assert rivals == [mine]


def test_session_moves_once_for_16_contenders(started: MotoBackend) -> None:
    counters: list[int] = []
    contend("UpdateItem", [lambda: counters.append(refresh(started, 0).counter)] * 16)
    assert counters == [1] * 16
    assert stored(started).counter == 1


def test_lost_answer_gives_way_once_for_16_contenders(started: MotoBackend) -> None:
    counters: list[int] = []
    refresh(started, 0)
    late = REFRESH_GRACE + 1
    contend("UpdateItem", [lambda: counters.append(refresh(started, 0, after=late).counter)] * 16)
    assert counters == [2] * 16
    assert stored(started).counter == 2


def test_successor_that_is_used_between_read_and_write_wins(started: MotoBackend) -> None:
    refresh(started, 0)
    tries: list[str] = []

    def rival(_service: str, operation: str, _params: dict[str, Any]) -> None:
        tries.append(operation)
        if len(tries) == 2:
            refresh(started, 1, after=REFRESH_GRACE + 1)

    with watched(rival), pytest.raises(ReusedToken):
        refresh(started, 0, after=REFRESH_GRACE + 1)
    assert stored(started).counter == 2


def test_end_between_read_and_write_wins(started: MotoBackend) -> None:
    refresh(started, 0)
    tries: list[str] = []

    def rival(_service: str, operation: str, _params: dict[str, Any]) -> None:
        tries.append(operation)
        if len(tries) == 2:
            started.backend.accounts.sessions.revoke(USER, SID)

    with watched(rival), pytest.raises(InvalidGrant):
        refresh(started, 0, after=REFRESH_GRACE + 1)


def test_session_does_not_move_when_the_table_does_not_answer(started: MotoBackend) -> None:
    with broken("UpdateItem"), pytest.raises(Unavailable):
        refresh(started, 0)
    assert stored(started).counter == 0


# Ends.


def test_idle_session_lives_until_its_last_second(started: MotoBackend) -> None:
    assert refresh(started, 0, after=IDLE_LIFE - 1).counter == 1


def test_idle_session_ends(started: MotoBackend) -> None:
    with pytest.raises(InvalidGrant) as refused:
        refresh(started, 0, after=IDLE_LIFE)
    assert not isinstance(refused.value, ReusedToken)


def kept_alive(moto: MotoBackend) -> int:
    """Refreshes on days 10 and 20. Returns the counter after that."""
    refresh(moto, 0, after=10 * DAY)
    return refresh(moto, 1, after=20 * DAY).counter


def test_session_that_is_kept_alive_lives_until_its_last_second(started: MotoBackend) -> None:
    counter = kept_alive(started)
    assert refresh(started, counter, after=ABSOLUTE_LIFE - 1).expires_at == START + ABSOLUTE_LIFE


def test_session_that_is_kept_alive_ends(started: MotoBackend) -> None:
    counter = kept_alive(started)
    with pytest.raises(InvalidGrant):
        refresh(started, counter, after=ABSOLUTE_LIFE)


def test_refused_end_does_not_depend_on_cleaning(started: MotoBackend) -> None:
    with pytest.raises(InvalidGrant):
        refresh(started, 0, after=IDLE_LIFE)
    assert stored(started).counter == 0


def test_session_that_never_was_is_refused(moto: MotoBackend) -> None:
    with pytest.raises(InvalidGrant):
        refresh(moto, 0)
    assert moto.accounts() == []


# Revocation.


def test_revoked_session_is_not_refreshed(started: MotoBackend) -> None:
    assert started.backend.accounts.sessions.revoke(USER, SID)
    with pytest.raises(InvalidGrant):
        refresh(started, 0)


def test_revoked_session_does_not_repeat_itself_within_the_grace(started: MotoBackend) -> None:
    refresh(started, 0)
    started.backend.accounts.sessions.revoke(USER, SID)
    with pytest.raises(InvalidGrant):
        refresh(started, 0)


def test_revocation_between_read_and_write_wins(started: MotoBackend) -> None:
    def rival() -> None:
        started.backend.accounts.sessions.revoke(USER, SID)

    with before("UpdateItem", rival), pytest.raises(InvalidGrant):
        refresh(started, 0)


def test_second_revocation_changes_nothing(started: MotoBackend) -> None:
    assert started.backend.accounts.sessions.revoke(USER, SID)
    assert not started.backend.accounts.sessions.revoke(USER, SID)
    assert started.accounts() == []


def test_revocation_makes_no_session(moto: MotoBackend) -> None:
    assert not moto.backend.accounts.sessions.revoke(USER, SID)
    assert moto.accounts() == []


# What the socket may read.


def live_epoch(moto: MotoBackend, after: int = 0) -> int | None:
    return moto.backend.accounts.sessions.live_epoch(USER, SID, START + after)


def test_live_session_has_its_epoch(started: MotoBackend) -> None:
    assert live_epoch(started, after=IDLE_LIFE - 1) == 3


def test_ended_session_has_no_epoch(started: MotoBackend) -> None:
    assert live_epoch(started, after=IDLE_LIFE) is None


def test_revoked_session_has_no_epoch(started: MotoBackend) -> None:
    started.backend.accounts.sessions.revoke(USER, SID)
    assert live_epoch(started) is None


def test_session_that_never_was_has_no_epoch(moto: MotoBackend) -> None:
    assert live_epoch(moto) is None


def test_live_epoch_reads_what_the_socket_may_see(started: MotoBackend) -> None:
    with recorded() as calls:
        live_epoch(started)
    names: dict[str, Any] = calls[0].params["ExpressionAttributeNames"]
    assert set(names.values()) == {"revoked", "idle_end", "end", "token_epoch"}


# Lists and new epochs.


def test_sessions_of_a_user_are_those_that_have_not_ended(started: MotoBackend) -> None:
    second = new_session("s2", USER, device=Device(), token_epoch=3, now=START)
    foreign = new_session("s3", "u2", device=Device(), token_epoch=3, now=START)
    for session in (second, foreign):
        started.backend.accounts.transact(started.backend.accounts.sessions.starting(session))
    assert [each.id for each in started.backend.accounts.sessions.of_user(USER)] == [SID, "s2"]
    started.backend.accounts.sessions.revoke(USER, SID)
    assert [each.id for each in started.backend.accounts.sessions.of_user(USER)] == ["s2"]


def test_session_that_the_former_version_ended_stays_over(started: MotoBackend) -> None:
    as_ended_before(started)
    assert live_epoch(started) is None
    assert not started.backend.accounts.sessions.revoke(USER, SID)
    with pytest.raises(InvalidGrant):
        refresh(started, 0)
    with pytest.raises(TransactionRefused):
        started.backend.accounts.transact(started.backend.accounts.sessions.ending(USER, SID))
    assert stored(started).revoked


def test_what_the_former_version_left_is_cleared(started: MotoBackend) -> None:
    as_ended_before(started)
    started.backend.accounts.transact(started.backend.accounts.sessions.clearing(USER, SID))
    assert started.accounts() == []


def as_ended_before(moto: MotoBackend) -> None:
    """Ends the session as the former version did."""
    key = item_keys.session(USER, SID)
    moto.backend.accounts.table.update(key, when("SET #revoked = :yes", yes=True))


def test_session_moves_to_a_new_epoch(started: MotoBackend) -> None:
    started.backend.accounts.transact(started.backend.accounts.sessions.moving(USER, SID, 4))
    assert stored(started).token_epoch == 4


def test_revoked_session_does_not_move_to_a_new_epoch(started: MotoBackend) -> None:
    started.backend.accounts.sessions.revoke(USER, SID)
    with pytest.raises(TransactionRefused):
        started.backend.accounts.transact(started.backend.accounts.sessions.moving(USER, SID, 4))


@pytest.mark.parametrize(("after", "live"), [(0, True), (IDLE_LIFE - 1, True), (IDLE_LIFE, False)])
def test_session_is_live_until_its_end(started: MotoBackend, after: int, live: bool) -> None:
    assert stored(started).is_live(START + after) is live


def test_session_ends_as_part_of_a_transaction(started: MotoBackend) -> None:
    started.backend.accounts.transact(started.backend.accounts.sessions.ending(USER, SID))
    assert started.accounts() == []


def test_session_that_is_over_does_not_end_again(started: MotoBackend) -> None:
    started.backend.accounts.sessions.revoke(USER, SID)
    with pytest.raises(TransactionRefused):
        started.backend.accounts.transact(started.backend.accounts.sessions.ending(USER, SID))
