"""Replies are sent first, then deferred actions run."""

import pytest

from gatehouse.aws import ConnectionGone
from gatehouse.websocket.replies import Replies


class Wire:
    """The lines and actions that a client notices, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.replies = Replies(lambda *lines: self.events.extend(lines))

    def act(self, name: str) -> None:
        self.replies.then(lambda: self.events.append(name))


def test_nothing_is_sent_before_it_is_asked_for() -> None:
    wire = Wire()
    wire.replies.add("1")
    assert wire.events == []


def test_replies_keep_their_order_and_go_before_what_waits_for_them() -> None:
    wire = Wire()
    wire.replies.add("1")
    wire.act("live")
    wire.replies.add("2")
    wire.replies.flush()
    assert wire.events == ["1", "2", "live"]


def test_nothing_is_sent_or_done_twice() -> None:
    wire = Wire()
    wire.replies.add("1")
    wire.act("live")
    wire.replies.flush()
    wire.replies.flush()
    assert wire.events == ["1", "live"]


def test_replies_alone_leave_what_waits_for_them() -> None:
    wire = Wire()
    wire.replies.add("1")
    wire.act("live")
    wire.replies.send()
    assert wire.events == ["1"]
    wire.replies.flush()
    assert wire.events == ["1", "live"]


def test_what_waits_is_not_done_where_the_replies_do_not_arrive() -> None:
    def gone(*_: str) -> None:
        raise ConnectionGone

    done: list[str] = []
    replies = Replies(gone)
    replies.then(lambda: done.append("live"))
    with pytest.raises(ConnectionGone):
        replies.flush()
    assert done == []
