"""Pushes as the official clients read them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.errors import BadFrame, ConnectionExpired
from gatehouse.realtime import pushes


def test_ping_has_neither_id_nor_push() -> None:
    assert pushes.PING == "{}"


PUB = '{"data":{"a":[1]},"info":{"user":"42","client":"c"}}'


def test_publication_is_sent_as_it_was_kept() -> None:
    text = pushes.publication("room:1", PUB)
    assert text == f'{{"push":{{"channel":"room:1","pub":{PUB}}}}}'


def test_publication_has_its_offset_where_it_is_kept() -> None:
    push = json.loads(pushes.publication('a"b', PUB, 7))["push"]
    assert push == {"channel": 'a"b', "pub": {"offset": 7, **json.loads(PUB)}}


def test_info_tells_no_more_than_there_is() -> None:
    assert pushes.info("42", "c") == {"user": "42", "client": "c"}
    assert pushes.info("42", "c", {"name": "Ada"}, 0) == {
        "user": "42",
        "client": "c",
        "conn_info": {"name": "Ada"},
        "chan_info": 0,
    }


@pytest.mark.parametrize("kind", ["join", "leave"])
def test_coming_and_going_tell_who(kind: str) -> None:
    text = getattr(pushes, kind)("room:1", {"user": "42", "client": "c"})
    assert json.loads(text) == {
        "push": {"channel": "room:1", kind: {"info": {"user": "42", "client": "c"}}}
    }


def test_unsubscribe_has_code_and_reason() -> None:
    text = pushes.unsubscribe("room:1", pushes.INSUFFICIENT_STATE)
    assert json.loads(text)["push"] == {
        "channel": "room:1",
        "unsubscribe": {"code": 2500, "reason": "insufficient state"},
    }


def test_disconnect_has_code_and_reason() -> None:
    assert json.loads(pushes.disconnect(ConnectionExpired())) == {
        "push": {"disconnect": {"code": 3005, "reason": "connection expired"}}
    }


def test_disconnect_tells_the_detail() -> None:
    push = json.loads(pushes.disconnect(BadFrame("channel is missing")))["push"]
    assert push["disconnect"]["reason"] == "bad request: channel is missing"


def test_pack_makes_nothing_of_nothing() -> None:
    assert list(pushes.pack([])) == []


def test_pack_joins_what_fits() -> None:
    assert list(pushes.pack(["a", "b"])) == ["a\nb"]


def test_pack_gives_a_long_line_a_frame_of_its_own() -> None:
    long = "x" * (pushes.MAX_FRAME + 1)
    assert list(pushes.pack(["a", long, "b"])) == ["a", long, "b"]


@given(st.lists(st.text("é", min_size=1, max_size=9_000)))
def test_pack_keeps_lines_in_order_and_frames_small(lines: list[str]) -> None:
    packed = list(pushes.pack(lines))
    assert [line for frame in packed for line in frame.split("\n")] == lines
    assert all(0 < len(frame.encode()) <= pushes.MAX_FRAME for frame in packed)
