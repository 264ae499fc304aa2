"""Joining without missing anything, and without getting anything twice."""

from typing import Any

import pytest

from gatehouse.errors import BadFrame, ServerError
from gatehouse.flows.realtime import join as module
from gatehouse.flows.realtime.join import Since, drain, read_since
from gatehouse.stores.cursors import Cursor
from tests.support.sockets import Client, Hall
from tests.support.world import World

CHANNEL = "room:1"


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def say(hall: Hall, *data: object, channel: str = CHANNEL) -> Client:
    client = hall.client()
    for each in data:
        client.result("publish", channel=channel, data=each)
    return client


def epoch(hall: Hall) -> str:
    return hall.backend.realtime.streams.position(CHANNEL).epoch


def recover(hall: Hall, offset: int, **more: Any) -> Any:
    return hall.client().result("subscribe", channel=CHANNEL, recover=True, offset=offset, **more)


# Recovery.


def test_subscription_begins_at_the_end_of_the_stream(hall: Hall) -> None:
    say(hall, "a", "b")
    reply = hall.client().result("subscribe", channel=CHANNEL)
    assert reply == {
        "recoverable": True,
        "positioned": True,
        "epoch": epoch(hall),
        "offset": 2,
    }


@pytest.mark.parametrize(("offset", "brought"), [(0, ["a", "b", "c"]), (2, ["c"]), (3, [])])
def test_recovery_brings_what_came_since(hall: Hall, offset: int, brought: list[str]) -> None:
    say(hall, "a", "b", "c")
    reply = recover(hall, offset, epoch=epoch(hall))
    assert (reply["was_recovering"], reply["recovered"], reply["offset"]) == (True, True, 3)
    found = reply.get("publications", [])
    assert [(each["offset"], each["data"]) for each in found] == list(
        enumerate(brought, start=offset + 1)
    )


def test_recovery_without_an_epoch_is_of_any(hall: Hall) -> None:
    say(hall, "a")
    assert recover(hall, 0)["recovered"]


@pytest.mark.parametrize("position", [{"offset": 0, "epoch": "_"}, {"offset": 1, "epoch": "old"}])
def test_recovery_of_another_epoch_is_not_possible(hall: Hall, position: dict[str, Any]) -> None:
    say(hall, "a")
    reply = recover(hall, **position)
    assert reply["was_recovering"]
    assert "recovered" not in reply
    assert reply["offset"] == 1


def test_recovery_from_beyond_the_end_is_not_possible(hall: Hall) -> None:
    say(hall, "a")
    assert "recovered" not in recover(hall, 2, epoch=epoch(hall))


def test_recovery_of_what_expired_is_not_possible(hall: Hall) -> None:
    say(hall, "a")
    hall.world.clock.advance(hall.backend.realtime.rules.of(CHANNEL).history_life)
    say(hall, "b")
    assert "recovered" not in recover(hall, 0, epoch=epoch(hall))
    assert recover(hall, 1, epoch=epoch(hall))["recovered"]


def test_recovery_of_more_than_is_given_out_is_not_possible(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_RECOVERED", 2)
    say(hall, "a", "b", "c")
    assert "recovered" not in recover(hall, 0, epoch=epoch(hall))
    assert recover(hall, 1, epoch=epoch(hall))["recovered"]


def test_recovery_of_more_bytes_than_a_reply_has_is_not_possible(hall: Hall) -> None:
    say(hall, *["x" * 30_000] * 3)
    assert "recovered" not in recover(hall, 0, epoch=epoch(hall))
    assert recover(hall, 1, epoch=epoch(hall))["recovered"]


def test_who_rather_has_an_error_than_a_gap_gets_one_and_is_no_member(hall: Hall) -> None:
    say(hall, "a")
    client = hall.client()
    code = client.error("subscribe", channel=CHANNEL, recover=True, epoch="old", offset=1, flag=3)
    assert code == 112
    assert list(hall.backend.realtime.members.of(CHANNEL, 0)) == []
    connection = hall.backend.realtime.connections.get(client.id)
    assert connection
    assert CHANNEL not in connection.channels


def test_channel_of_the_server_s_choice_is_recovered_at_connect(hall: Hall) -> None:
    user = hall.world.user()
    own = f"user:{user.id}"
    for data in '{"data":1}', '{"data":2}':
        hall.backend.realtime.streams.append(own, data, now=hall.world.clock.now(), life=60)
    token = hall.world.access_token(user)
    subs = {own: {"recover": True, "offset": 1, "epoch": ""}}
    reply = hall.stranger().ask("connect", token=token, subs=subs)["connect"]
    assert [each["offset"] for each in reply["subs"][own]["publications"]] == [2]


@pytest.mark.parametrize(
    "told", [(1, 0, ""), (True, "0", ""), (True, 0, None), (True, -1, ""), (True, True, "")]
)
def test_position_of_the_wrong_shape_is_refused(told: tuple[Any, Any, Any]) -> None:
    with pytest.raises(BadFrame):
        read_since(*told)


def test_position_is_told_only_by_who_recovers() -> None:
    assert read_since(False, 5, "e") is None
    assert read_since(True, 5, "e") == Since(5, "e")


# While the reply is under way.


def test_what_passes_by_meanwhile_comes_after_the_reply(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = hall.client(), hall.client()
    post = hall.api.post_to_connection

    def publish_first(**request: Any) -> Any:
        if request["ConnectionId"] == client.id and b'"subscribe":' in request["Data"]:
            monkeypatch.setattr(hall.api, "post_to_connection", post)
            other.result("publish", channel=CHANNEL, data="meanwhile")
        return post(**request)

    monkeypatch.setattr(hall.api, "post_to_connection", publish_first)
    reply = client.result("subscribe", channel=CHANNEL)
    assert (reply["offset"], client.offsets) == (0, [1])
    kinds = ["reply" if "id" in each else next(iter(each["push"])) for each in client.received]
    assert kinds.index("channel") > 0
    other.result("publish", channel=CHANNEL, data="later")
    assert client.publications == ["meanwhile", "later"]


def test_what_was_claimed_before_is_not_brought_twice(hall: Hall) -> None:
    hall.delivering = False
    say(hall, "a", "b")
    hall.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    hall.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    client = hall.client()
    assert client.result("subscribe", channel=CHANNEL)["offset"] == 2
    hall.delivering = True
    hall.deliver()
    assert client.offsets == []


def test_what_was_not_claimed_before_comes_live(hall: Hall) -> None:
    hall.member(CHANNEL)
    hall.delivering = False
    say(hall, "a")
    client = hall.client()
    assert client.result("subscribe", channel=CHANNEL)["offset"] == 0
    hall.delivering = True
    hall.deliver()
    assert client.offsets == [1]


def test_client_that_comes_from_further_on_gets_nothing_again(hall: Hall) -> None:
    hall.member(CHANNEL)
    hall.delivering = False
    say(hall, "a", "b")
    client = hall.client()
    reply = client.result("subscribe", channel=CHANNEL, recover=True, offset=1, epoch=epoch(hall))
    assert (reply["offset"], reply["recovered"]) == (1, True)
    hall.delivering = True
    hall.deliver()
    assert client.offsets == [2]


def test_join_that_missed_what_expired_meanwhile_is_asked_to_come_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = hall.client()
    activate = hall.backend.realtime.members.activate

    def missing(member: Any, since: int) -> int:
        monkeypatch.setattr(hall.backend.realtime.members, "activate", activate)
        return 5

    monkeypatch.setattr(hall.backend.realtime.members, "activate", missing)
    client.ask("subscribe", channel=CHANNEL)
    assert [each["code"] for each in client.pushes("unsubscribe")] == [2500]
    assert list(hall.backend.realtime.members.of(CHANNEL, 0)) == []


# Deliveries that are at work.


def test_drain_waits_for_what_was_claimed(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    hall.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    monkeypatch.setattr(
        hall.world.clock,
        "sleep",
        lambda _: hall.backend.realtime.cursors.finish(CHANNEL, 0, Cursor(2, 0)),
    )
    drain(hall.backend, CHANNEL, 0)
    assert hall.backend.realtime.cursors.get(CHANNEL, 0) == Cursor(2, 2)


def test_drain_gives_up_on_a_delivery_that_does_not_end(hall: Hall) -> None:
    hall.backend.realtime.cursors.begin(CHANNEL, 0, 0)
    hall.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 2)
    with pytest.raises(ServerError):
        drain(hall.backend, CHANNEL, 0)
    assert 2 <= sum(hall.waits) < 2.1


def test_drain_does_not_wait_where_there_is_no_delivery(hall: Hall) -> None:
    drain(hall.backend, CHANNEL, 0)
    assert hall.waits == []


def test_unsubscribe_waits_for_a_delivery_that_saw_the_member(hall: Hall) -> None:
    client = hall.member(CHANNEL)
    hall.backend.realtime.cursors.claim(CHANNEL, 0, Cursor(0, 0), 1)
    client.tell(("unsubscribe", {"channel": CHANNEL}))
    assert hall.waits
    assert client.disconnects == [3004]
