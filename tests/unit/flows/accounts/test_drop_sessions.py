"""End many sessions in batches."""

from typing import Any

import pytest

from gatehouse.errors import Unavailable
from gatehouse.flows.accounts import drop_sessions as module
from gatehouse.flows.accounts.drop_sessions import BATCH, drop_sessions
from gatehouse.identity import Device
from gatehouse.stores import item_keys
from gatehouse.stores.events import new_event
from gatehouse.stores.sessions import IDLE_LIFE, Session, new_session
from gatehouse.stores.table import MAX_WRITES, Write, when
from harness.moto_backend import START, MotoBackend
from tests.support.calls import before, recorded, watched
from tests.support.people import tags

USER = "a" * 32


def start(moto: MotoBackend, number: int) -> Session:
    session = new_session(f"{number:032x}", USER, device=Device(), token_epoch=0, now=START)
    moto.backend.accounts.transact(moto.backend.accounts.sessions.starting(session))
    return session


def event(moto: MotoBackend) -> Write:
    return moto.backend.accounts.events.recording(new_event(USER, "user:test:end", now=START))


def left(moto: MotoBackend) -> list[Session]:
    return moto.backend.accounts.sessions.of_user(USER)


def test_chosen_sessions_are_gone_and_the_others_returned(moto: MotoBackend) -> None:
    first, second, third = (start(moto, number) for number in range(3))
    assert drop_sessions(moto.backend, USER, lambda stored: stored[:2]) == [third]
    assert left(moto) == [third]
    assert first.id != second.id


def test_batch_fits_into_a_transaction() -> None:
    assert BATCH + 2 <= MAX_WRITES


@pytest.fixture
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)


@pytest.mark.usefixtures("batches_of_two")
def test_many_are_ended_in_batches_with_one_record(moto: MotoBackend) -> None:
    for number in range(5):
        start(moto, number)
    with recorded() as calls:
        assert drop_sessions(moto.backend, USER, list, event(moto)) == []
    assert [call.operation for call in calls] == ["Query", *["TransactWriteItems"] * 3]
    assert tags(moto, USER) == ["user:test:end"]


@pytest.mark.usefixtures("batches_of_two")
def test_interrupted_end_is_completed_by_the_next(moto: MotoBackend) -> None:
    for number in range(5):
        start(moto, number)
    seen: list[str] = []

    def dies(_service: str, operation: str, _params: dict[str, Any]) -> None:
        seen.append(operation)
        if len(seen) == 3:
            raise Unavailable

    with watched(dies), pytest.raises(Unavailable):
        drop_sessions(moto.backend, USER, list, event(moto))
    assert (len(left(moto)), tags(moto, USER)) == (3, ["user:test:end"])
    drop_sessions(moto.backend, USER, list)
    assert left(moto) == []


def test_session_that_ends_meanwhile_does_not_keep_the_others(moto: MotoBackend) -> None:
    first, _ = start(moto, 1), start(moto, 2)
    with before(
        "TransactWriteItems", lambda: moto.backend.accounts.sessions.revoke(USER, first.id)
    ):
        drop_sessions(moto.backend, USER, list, event(moto))
    assert (left(moto), tags(moto, USER)) == ([], ["user:test:end"])


def test_rival_that_ends_all_of_them_leaves_nothing_to_record(moto: MotoBackend) -> None:
    session = start(moto, 1)
    with before(
        "TransactWriteItems", lambda: moto.backend.accounts.sessions.revoke(USER, session.id)
    ):
        drop_sessions(moto.backend, USER, list, event(moto))
    assert (left(moto), tags(moto, USER)) == ([], [])


def test_expired_and_ended_sessions_are_cleared_without_a_record(moto: MotoBackend) -> None:
    ended = start(moto, 1)
    moto.backend.accounts.table.update(
        item_keys.session(USER, ended.id), when("SET #revoked = :yes", yes=True)
    )
    start(moto, 2)
    moto.clock.advance(IDLE_LIFE)
    drop_sessions(moto.backend, USER, list, event(moto))
    assert moto.accounts() == []


def test_nothing_is_written_where_nothing_is_chosen(moto: MotoBackend) -> None:
    session = start(moto, 1)
    with recorded() as calls:
        assert drop_sessions(moto.backend, USER, lambda _: [], event(moto)) == [session]
    assert [call.operation for call in calls] == ["Query"]
