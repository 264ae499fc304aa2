"""Joining a channel without missing a publication or receiving one twice."""

from typing import Any

import pytest

from gatehouse.errors import BadFrame, ServerError
from gatehouse.flows.realtime import join as module
from gatehouse.flows.realtime.join import Since, drain, read_since
from gatehouse.stores.cursors import Cursor
from harness.moto_backend import MotoBackend
from harness.socket_harness import Client, SocketHarness

CHANNEL = "room:1"


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def say(sockets: SocketHarness, *data: object, channel: str = CHANNEL) -> Client:
    client = sockets.client()
    for each in data:
        client.result("publish", channel=channel, data=each)
    return client


def epoch(sockets: SocketHarness) -> str:
    return sockets.backend.realtime.streams.position(CHANNEL).epoch


def recover(sockets: SocketHarness, offset: int, **more: Any) -> Any:
    return sockets.client().result(
        "subscribe", channel=CHANNEL, recover=True, offset=offset, **more
    )


# Recovery.


def test_subscription_begins_at_the_end_of_the_stream(sockets: SocketHarness) -> None:
    say(sockets, "a", "b")
    reply = sockets.client().result("subscribe", channel=CHANNEL)
    assert reply == {
        "recoverable": True,
        "positioned": True,
        "epoch": epoch(sockets),
        "offset": 2,
    }


@pytest.mark.parametrize(("offset", "brought"), [(0, ["a", "b", "c"]), (2, ["c"]), (3, [])])
def test_recovery_brings_what_came_since(
    sockets: SocketHarness, offset: int, brought: list[str]
) -> None:
    say(sockets, "a", "b", "c")
    reply = recover(sockets, offset, epoch=epoch(sockets))
    assert (reply["was_recovering"], reply["recovered"], reply["offset"]) == (True, True, 3)
    publications = reply.get("publications", [])
    assert [(each["offset"], each["data"]) for each in publications] == list(
        enumerate(brought, start=offset + 1)
    )


def test_recovery_without_an_epoch_is_of_any(sockets: SocketHarness) -> None:
    say(sockets, "a")
    assert recover(sockets, 0)["recovered"]


@pytest.mark.parametrize("position", [{"offset": 0, "epoch": "_"}, {"offset": 1, "epoch": "old"}])
def test_recovery_of_another_epoch_is_not_possible(
    sockets: SocketHarness, position: dict[str, Any]
) -> None:
    say(sockets, "a")
    reply = recover(sockets, **position)
    assert reply["was_recovering"]
    assert "recovered" not in reply
    assert reply["offset"] == 1


def test_recovery_from_beyond_the_end_is_not_possible(sockets: SocketHarness) -> None:
    say(sockets, "a")
    assert "recovered" not in recover(sockets, 2, epoch=epoch(sockets))


def test_recovery_of_what_expired_is_not_possible(sockets: SocketHarness) -> None:
    say(sockets, "a")
    sockets.moto.clock.advance(sockets.backend.realtime.rules.of(CHANNEL).history_life)
    say(sockets, "b")
    assert "recovered" not in recover(sockets, 0, epoch=epoch(sockets))
    assert recover(sockets, 1, epoch=epoch(sockets))["recovered"]


def test_recovery_of_more_than_is_given_out_is_not_possible(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_RECOVERED", 2)
    say(sockets, "a", "b", "c")
    assert "recovered" not in recover(sockets, 0, epoch=epoch(sockets))
    assert recover(sockets, 1, epoch=epoch(sockets))["recovered"]


def test_recovery_of_more_bytes_than_a_reply_has_is_not_possible(sockets: SocketHarness) -> None:
    say(sockets, *["x" * 30_000] * 3)
    assert "recovered" not in recover(sockets, 0, epoch=epoch(sockets))
    assert recover(sockets, 1, epoch=epoch(sockets))["recovered"]


def test_who_rather_has_an_error_than_a_gap_gets_one_and_is_no_member(
    sockets: SocketHarness,
) -> None:
    say(sockets, "a")
    client = sockets.client()
    code = client.error("subscribe", channel=CHANNEL, recover=True, epoch="old", offset=1, flag=3)
    assert code == 112
    assert list(sockets.backend.realtime.members.of(CHANNEL, 0)) == []
    connection = sockets.backend.realtime.connections.get(client.id)
    assert connection
    assert CHANNEL not in connection.channels


def test_channel_of_the_server_s_choice_is_recovered_at_connect(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    own = f"user:{user.id}"
    for data in '{"data":1}', '{"data":2}':
        sockets.backend.realtime.streams.append(own, data, now=sockets.moto.clock.now(), life=60)
    token = sockets.moto.access_token(user)
    subs = {own: {"recover": True, "offset": 1, "epoch": ""}}
    reply = sockets.stranger().ask("connect", token=token, subs=subs)["connect"]
    assert [each["offset"] for each in reply["subs"][own]["publications"]] == [2]


@pytest.mark.parametrize(
    "position", [(1, 0, ""), (True, "0", ""), (True, 0, None), (True, -1, ""), (True, True, "")]
)
def test_position_of_the_wrong_shape_is_refused(position: tuple[Any, Any, Any]) -> None:
    with pytest.raises(BadFrame):
        read_since(*position)


def test_position_is_told_only_by_who_recovers() -> None:
    assert read_since(False, 5, "e") is None
    assert read_since(True, 5, "e") == Since(5, "e")


# While the reply is on its way.


def test_what_passes_by_meanwhile_comes_after_the_reply(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = sockets.client(), sockets.client()
    post = sockets.api.post_to_connection

    def publish_first(**request: Any) -> Any:
        if request["ConnectionId"] == client.id and b'"subscribe":' in request["Data"]:
            monkeypatch.setattr(sockets.api, "post_to_connection", post)
            other.result("publish", channel=CHANNEL, data="meanwhile")
        return post(**request)

    monkeypatch.setattr(sockets.api, "post_to_connection", publish_first)
    reply = client.result("subscribe", channel=CHANNEL)
    assert (reply["offset"], client.offsets) == (0, [1])
    kinds = ["reply" if "id" in each else next(iter(each["push"])) for each in client.received]
    assert kinds.index("channel") > 0
    other.result("publish", channel=CHANNEL, data="later")
    assert client.publications == ["meanwhile", "later"]


def test_what_was_claimed_before_is_not_brought_twice(sockets: SocketHarness) -> None:
    sockets.delivering = False
    say(sockets, "a", "b")
    sockets.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    sockets.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    client = sockets.client()
    assert client.result("subscribe", channel=CHANNEL)["offset"] == 2
    sockets.delivering = True
    sockets.deliver()
    assert client.offsets == []


def test_what_was_not_claimed_before_comes_live(sockets: SocketHarness) -> None:
    sockets.member(CHANNEL)
    sockets.delivering = False
    say(sockets, "a")
    client = sockets.client()
    assert client.result("subscribe", channel=CHANNEL)["offset"] == 0
    sockets.delivering = True
    sockets.deliver()
    assert client.offsets == [1]


def test_client_that_comes_from_further_on_gets_nothing_again(sockets: SocketHarness) -> None:
    sockets.member(CHANNEL)
    sockets.delivering = False
    say(sockets, "a", "b")
    client = sockets.client()
    reply = client.result(
        "subscribe", channel=CHANNEL, recover=True, offset=1, epoch=epoch(sockets)
    )
    assert (reply["offset"], reply["recovered"]) == (1, True)
    sockets.delivering = True
    sockets.deliver()
    assert client.offsets == [2]


def test_join_that_missed_what_expired_meanwhile_is_asked_to_come_again(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sockets.client()
    activate = sockets.backend.realtime.members.activate

    def missing(member: Any, since: int) -> int:
        monkeypatch.setattr(sockets.backend.realtime.members, "activate", activate)
        return 5

    monkeypatch.setattr(sockets.backend.realtime.members, "activate", missing)
    client.ask("subscribe", channel=CHANNEL)
    assert [each["code"] for each in client.pushes("unsubscribe")] == [2500]
    assert list(sockets.backend.realtime.members.of(CHANNEL, 0)) == []


# Deliveries in progress.


def test_drain_waits_for_what_was_claimed(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    sockets.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    monkeypatch.setattr(
        sockets.moto.clock,
        "sleep",
        lambda _: sockets.backend.realtime.cursors.finish(CHANNEL, 0, Cursor(2, 0)),
    )
    drain(sockets.backend, CHANNEL, 0)
    assert sockets.backend.realtime.cursors.get(CHANNEL, 0) == Cursor(2, 2)


def test_drain_gives_up_on_a_delivery_that_does_not_end(sockets: SocketHarness) -> None:
    sockets.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    sockets.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    with pytest.raises(ServerError):
        drain(sockets.backend, CHANNEL, 0)
    assert 2 <= sum(sockets.waits) < 2.1


def test_drain_does_not_wait_where_there_is_no_delivery(sockets: SocketHarness) -> None:
    drain(sockets.backend, CHANNEL, 0)
    assert sockets.waits == []


def test_unsubscribe_waits_for_a_delivery_that_saw_the_member(sockets: SocketHarness) -> None:
    client = sockets.member(CHANNEL)
    sockets.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 1)
    client.tell(("unsubscribe", {"channel": CHANNEL}))
    assert sockets.waits
    assert client.disconnects == [3004]
