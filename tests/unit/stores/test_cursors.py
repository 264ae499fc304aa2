"""Cursors of shards in the realtime table."""

import pytest

from gatehouse.stores.cursors import Cursor, Cursors
from harness.moto_backend import MotoBackend
from tests.support.calls import before


@pytest.fixture
def cursors(moto: MotoBackend) -> Cursors:
    return moto.backend.realtime.cursors


def test_there_is_no_cursor_at_first(cursors: Cursors) -> None:
    assert cursors.get("room:1", 0) is None


def test_begin_makes_a_cursor_that_owes_nothing(cursors: Cursors) -> None:
    assert cursors.begin("room:1", 0, 5) == Cursor(5, 5)
    assert cursors.get("room:1", 0) == Cursor(5, 5)


def test_begin_leaves_a_cursor_that_is_there(cursors: Cursors) -> None:
    cursors.begin("room:1", 0, 5)
    assert cursors.begin("room:1", 0, 9) == Cursor(5, 5)
    assert cursors.get("room:1", 0) == Cursor(5, 5)


def test_every_shard_has_its_own(cursors: Cursors) -> None:
    cursors.begin("room:1", 0, 5)
    assert cursors.get("room:1", 1) is None


def test_claim_and_finish_move_it(cursors: Cursors) -> None:
    begun = cursors.begin("room:1", 0, 5)
    assert cursors.claim("room:1", 0, begun, 7)
    assert cursors.get("room:1", 0) == Cursor(7, 5)
    assert cursors.finish("room:1", 0, Cursor(7, 5))
    assert cursors.get("room:1", 0) == Cursor(7, 7)


def test_claim_of_a_cursor_that_moved_is_refused(cursors: Cursors) -> None:
    begun = cursors.begin("room:1", 0, 5)
    cursors.claim("room:1", 0, begun, 7)
    assert not cursors.claim("room:1", 0, begun, 8)
    assert cursors.get("room:1", 0) == Cursor(7, 5)


def test_finish_of_a_delivery_that_was_overtaken_changes_nothing(cursors: Cursors) -> None:
    begun = cursors.begin("room:1", 0, 5)
    cursors.claim("room:1", 0, begun, 7)
    cursors.finish("room:1", 0, Cursor(7, 5))
    cursors.claim("room:1", 0, Cursor(7, 7), 9)
    assert not cursors.finish("room:1", 0, Cursor(7, 5))
    assert cursors.get("room:1", 0) == Cursor(9, 7)


def test_writes_that_meet_their_own_retries_succeed(cursors: Cursors) -> None:
    begun = cursors.begin("room:1", 0, 5)
    assert cursors.claim("room:1", 0, begun, 7)
    assert cursors.claim("room:1", 0, begun, 7)
    assert cursors.finish("room:1", 0, Cursor(7, 5))
    assert cursors.finish("room:1", 0, Cursor(7, 5))


def test_neither_makes_a_cursor(cursors: Cursors) -> None:
    assert not cursors.claim("room:1", 0, Cursor(5, 5), 7)
    assert not cursors.finish("room:1", 0, Cursor(7, 5))
    assert cursors.get("room:1", 0) is None


def test_begin_gives_way_to_who_was_faster(cursors: Cursors) -> None:
    with before("PutItem", lambda: cursors.begin("room:1", 0, 3)):
        assert cursors.begin("room:1", 0, 5) == Cursor(3, 3)
