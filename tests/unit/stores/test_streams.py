"""Streams and their logs in the realtime table."""

from functools import partial

import pytest

from gatehouse.errors import Unavailable
from gatehouse.stores import streams as module
from gatehouse.stores.streams import Position, Publication, Streams, are_whole
from harness.moto_backend import START, MotoBackend
from harness.tables import items
from tests.support.calls import before, contend

LIFE = 60


@pytest.fixture
def streams(moto: MotoBackend) -> Streams:
    return moto.backend.realtime.streams


def append(streams: Streams, *pubs: str, now: int = START) -> Position:
    position = Position("", 0)
    for pub in pubs:
        position = streams.append("room:1", pub, now=now, life=LIFE)
    return position


def log(streams: Streams, after: int = 0, until: int = 99, now: int = START) -> list[Publication]:
    return streams.read("room:1", after, until, now=now)


def test_stream_begins_when_it_is_asked_for(streams: Streams) -> None:
    position = streams.position("room:1")
    assert position.offset == 0
    assert position.epoch
    assert streams.position("room:1") == position


def test_streams_have_epochs_of_their_own(streams: Streams) -> None:
    assert streams.position("room:1").epoch != streams.position("room:2").epoch


def test_stream_that_two_begin_has_one_epoch(streams: Streams) -> None:
    positions: list[Position] = []
    with before("PutItem", lambda: positions.append(streams.position("room:1"))):
        positions.append(streams.position("room:1"))
    assert positions[0] == positions[1]


def test_append_counts_from_one(streams: Streams) -> None:
    epoch = streams.position("room:1").epoch
    assert append(streams, "a") == Position(epoch, 1)
    assert append(streams, "b") == Position(epoch, 2)
    assert streams.position("room:1") == Position(epoch, 2)
    assert log(streams) == [Publication(1, "a"), Publication(2, "b")]


def test_channels_have_logs_of_their_own(streams: Streams) -> None:
    append(streams, "a")
    assert streams.append("room:10", "b", now=START, life=LIFE).offset == 1


def test_append_takes_the_next_offset_when_another_was_faster(streams: Streams) -> None:
    streams.position("room:1")
    with before("PutItem", lambda: append(streams, "rival")):
        assert append(streams, "a").offset == 2
    assert log(streams) == [Publication(1, "rival"), Publication(2, "a")]


def test_append_tells_for_a_publisher_that_died(streams: Streams) -> None:
    streams.position("room:1")
    streams._put("room:1", 1, "dead", name="d", now=START, life=LIFE)
    assert append(streams, "a").offset == 2
    assert log(streams) == [Publication(1, "dead"), Publication(2, "a")]


def test_append_that_meets_its_own_retry_is_there_once(streams: Streams) -> None:
    streams.position("room:1")
    for _ in range(2):
        assert streams._put("room:1", 1, "a", name="mine", now=START, life=LIFE)
    assert not streams._put("room:1", 1, "b", name="another", now=START, life=LIFE)
    assert log(streams) == [Publication(1, "a")]


def test_telling_of_an_offset_twice_tells_once(streams: Streams) -> None:
    epoch = streams.position("room:1").epoch
    assert streams._advance("room:1", epoch, 1).offset == 1
    assert streams._advance("room:1", epoch, 1).offset == 1
    assert streams._advance("room:1", epoch, 3).offset == 1


def test_sixteen_at_once_leave_no_gap(streams: Streams) -> None:
    streams.position("room:1")

    def publisher(pub: str) -> None:
        append(streams, pub)

    contend("PutItem", [partial(publisher, f"{number}") for number in range(16)])
    assert [each.offset for each in log(streams)] == list(range(1, 17))
    assert {each.pub for each in log(streams)} == {f"{number}" for number in range(16)}


def test_append_gives_up_in_the_end(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_put", lambda *_, **__: False)
    with pytest.raises(Unavailable):
        append(streams, "a")


def test_read_has_neither_more_nor_less(streams: Streams) -> None:
    append(streams, *"abcde")
    assert [each.offset for each in log(streams, 1, 4)] == [2, 3, 4]
    assert log(streams, 4, 4) == log(streams, 4, 2) == []


def test_read_leaves_out_what_expired(streams: Streams) -> None:
    append(streams, "old")
    append(streams, "new", now=START + 1)
    assert [each.offset for each in log(streams, now=START + LIFE)] == [2]


def test_expired_offset_is_not_taken_again(streams: Streams, moto: MotoBackend) -> None:
    append(streams, "old")
    (item,) = [i for i in items(moto.dynamodb, "RealtimeTable") if "pub" in i]
    assert int(item["ttl"]["N"]) == START + LIFE + module.LINGER
    assert append(streams, "new", now=START + 10 * LIFE).offset == 2


def page(streams: Streams, first: int, last: int, limit: int, *, newest_first: bool) -> list[int]:
    publications = streams.page(
        "room:1", first, last, now=START + LIFE, limit=limit, newest_first=newest_first
    )
    return [each.offset for each in publications]


@pytest.mark.parametrize(
    ("first", "last", "limit", "newest_first", "offsets"),
    [
        (1, 9, 9, False, [3, 4, 5, 6]),
        (1, 9, 9, True, [6, 5, 4, 3]),
        (1, 9, 2, False, [3, 4]),
        (1, 9, 2, True, [6, 5]),
        (4, 5, 9, False, [4, 5]),
        (5, 4, 9, False, []),
    ],
)
def test_page_begins_at_one_end_of_what_is_left(
    streams: Streams, first: int, last: int, limit: int, newest_first: bool, offsets: list[int]
) -> None:
    append(streams, *"ab")
    append(streams, *"cdef", now=START + 1)
    assert page(streams, first, last, limit, newest_first=newest_first) == offsets


@pytest.mark.parametrize(
    ("offsets", "after", "until", "whole"),
    [
        ([], 5, 5, True),
        ([], 5, 4, True),
        ([4, 5], 3, 5, True),
        ([5], 3, 5, False),
        ([], 3, 5, False),
    ],
)
def test_range_is_whole_when_every_offset_is_there(
    offsets: list[int], after: int, until: int, whole: bool
) -> None:
    assert are_whole([Publication(offset, "") for offset in offsets], after, until) is whole


# The latest, and the end of a channel.


def test_latest_begins_with_the_newest_and_makes_no_stream(
    moto: MotoBackend, streams: Streams
) -> None:
    assert streams.latest("room:1", now=START, limit=2) == []
    assert items(moto.dynamodb, "RealtimeTable") == []
    append(streams, *"abc")
    assert [each.pub for each in streams.latest("room:1", now=START, limit=2)] == ["c", "b"]


def test_latest_has_nothing_that_expired(streams: Streams) -> None:
    append(streams, "a")
    assert streams.latest("room:1", now=START + LIFE, limit=2) == []


def test_removed_channel_leaves_nothing_and_no_other_is_touched(
    moto: MotoBackend, streams: Streams
) -> None:
    append(streams, *"abc")
    moto.backend.realtime.cursors.begin("room:1", 0, 3)
    moto.backend.realtime.cursors.begin("room:1", 1, 3)
    streams.append("room:10", "x", now=START, life=LIFE)
    assert streams.remove("room:1", 99)
    assert log(streams) == []
    assert [each.pub for each in streams.latest("room:10", now=START, limit=9)] == ["x"]
    assert len(items(moto.dynamodb, "RealtimeTable")) == 2


def test_channel_is_removed_a_part_at_a_time_its_stream_last(
    moto: MotoBackend, streams: Streams
) -> None:
    append(streams, *"abc")
    assert not streams.remove("room:1", 2)
    assert streams.position("room:1").offset == 3
    assert streams.remove("room:1", 2)
    assert items(moto.dynamodb, "RealtimeTable") == []


def test_publisher_of_a_removed_channel_is_refused(streams: Streams) -> None:
    append(streams, "a")
    with before("UpdateItem", lambda: streams.remove("room:1", 99)), pytest.raises(Unavailable):
        append(streams, "b")
