"""Reading a channel's history page by page."""

from typing import Any

import pytest

from gatehouse.flows.realtime import read_history as module
from harness.moto_backend import MotoBackend
from harness.socket_harness import Client, SocketHarness


@pytest.fixture
def client(moto: MotoBackend) -> Client:
    sockets = SocketHarness(moto)
    client = sockets.client()
    for data in "abcde":
        client.result("publish", channel="room:1", data=data)
    return client


def page(client: Client, **params: Any) -> str:
    result = client.result("history", channel="room:1", **params)
    assert result["offset"] == 5
    return "".join(each["data"] for each in result["publications"])


@pytest.mark.parametrize(
    ("params", "data"),
    [
        ({}, ""),
        ({"limit": 0}, ""),
        ({"limit": -1}, "abcde"),
        ({"limit": 2}, "ab"),
        ({"limit": 2, "reverse": True}, "ed"),
        ({"limit": 9, "since": {"offset": 2}}, "cde"),
        ({"limit": 1, "since": {"offset": 2}}, "c"),
        ({"limit": 9, "since": {"offset": 4}, "reverse": True}, "cba"),
        ({"limit": 9, "since": {"offset": 99}}, ""),
        ({"limit": 9, "since": {"offset": 99}, "reverse": True}, "edcba"),
        ({"limit": -1, "since": {"offset": 0}}, "abcde"),
    ],
)
def test_page_is_what_was_asked_for(client: Client, params: dict[str, Any], data: str) -> None:
    assert page(client, **params) == data


def test_page_has_offsets_and_publishers(client: Client) -> None:
    (first,) = client.result("history", channel="room:1", limit=1)["publications"]
    assert first["offset"] == 1
    assert first["info"]["user"] == client.user_id


def test_page_of_the_same_epoch_is_given(client: Client) -> None:
    epoch = client.result("history", channel="room:1")["epoch"]
    assert page(client, limit=9, since={"offset": 4, "epoch": epoch}) == "e"


def test_page_of_another_epoch_answers_112(client: Client) -> None:
    since = {"offset": 4, "epoch": "old"}
    assert client.error("history", channel="room:1", limit=9, since=since) == 112


def test_page_has_no_more_than_the_rule_gives_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = client.sockets.backend.realtime.rules.of("room:1")
    object.__setattr__(rule, "history_size", 2)
    try:
        assert page(client, limit=-1) == "de"
    finally:
        object.__setattr__(rule, "history_size", 300)


def test_page_has_no_more_than_fits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    assert page(client, limit=-1) == "a"
    assert page(client, limit=-1, reverse=True) == "e"


@pytest.mark.parametrize(
    "params", [{"limit": -2}, {"since": 1}, {"since": []}, {"since": {"offset": "1"}}]
)
def test_page_that_makes_no_sense_ends_the_connection(
    client: Client, params: dict[str, Any]
) -> None:
    client.tell(("history", {"channel": "room:1", **params}))
    assert client.disconnects == [3501]


@pytest.mark.parametrize(
    ("channel", "code"), [("typing:1", 103), ("lobby", 102), (f"user:{'f' * 32}", 103)]
)
def test_history_of_what_one_may_not_read_is_refused(
    client: Client, channel: str, code: int
) -> None:
    assert client.error("history", channel=channel, limit=1) == code
