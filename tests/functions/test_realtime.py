"""The socket, from events of the WebSocket API to what its connections get."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import ANY

import pytest

from gatehouse.flows.realtime.close_connection import close_connection
from gatehouse.flows.realtime.subscribe import MAX_CHANNELS
from gatehouse.stores.connections import GRACE
from gatehouse.tokens import ACCESS_LIFE
from tests.support.sockets import OK, ROOT, Client, Hall, connect_event, event, load_socket
from tests.support.world import World

KEPT = {"recoverable": True, "positioned": True}


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def lines(*commands: object) -> str:
    return "\n".join(json.dumps(command) for command in commands)


def in_as_many_as_possible(hall: Hall) -> Client:
    """A client in as many channels as it may be."""
    client = hall.client()
    for number in range(MAX_CHANNELS):
        client.ask("subscribe", channel=f"room:{number}")
    return client


# The handshake.


@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_handshake_is_accepted_from_a_listed_origin(hall: Hall, name: str) -> None:
    assert hall.socket(connect_event(**{name: "https://app.example.com"}), None) == OK


def test_handshake_is_accepted_without_an_origin(hall: Hall) -> None:
    assert hall.socket(connect_event(Host="socket.example.com"), None) == OK


def test_handshake_is_accepted_from_any_origin_when_all_are_allowed(world: World) -> None:
    settings = replace(world.backend.settings, allowed_origins=("*",))
    socket = load_socket(replace(world.backend, settings=settings))
    assert socket(connect_event(Origin="https://elsewhere.example"), None) == OK


# connect


def test_connect_answers_who_and_for_how_long(hall: Hall) -> None:
    user = hall.world.user()
    reply = hall.stranger().connect(user)["connect"]
    assert len(reply.pop("client")) == 36
    assert reply.pop("version")
    assert reply == {
        "ping": 540,
        "pong": False,
        "expires": True,
        "ttl": ACCESS_LIFE,
        "subs": {f"user:{user.id}": {**KEPT, "epoch": ANY, "offset": 0}},
    }


def test_connect_gives_each_connection_its_own_client(hall: Hall) -> None:
    user = hall.world.user()
    first, second = (hall.stranger().connect(user)["connect"]["client"] for _ in range(2))
    assert first != second


def test_connect_makes_a_member_of_the_personal_channel(hall: Hall) -> None:
    user = hall.world.user()
    hall.client(user)
    (member,) = hall.backend.realtime.members.present(f"user:{user.id}", 1, hall.world.clock.now())
    assert member.user_id == user.id


def test_connect_without_a_token_ends_the_connection(hall: Hall) -> None:
    client = hall.stranger()
    client.send(lines({"id": 1, "connect": {}}))
    assert client.disconnects == [3501]
    assert client.is_closed


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "x" * 5000])
def test_connect_with_an_invalid_token_ends_the_connection(hall: Hall, token: str) -> None:
    client = hall.stranger()
    assert client.send(lines({"id": 1, "connect": {"token": token}})) == [
        {"push": {"disconnect": {"code": 3500, "reason": "invalid token"}}}
    ]
    assert client.is_closed


def test_connect_with_an_expired_token_answers_109_and_stays_open(hall: Hall) -> None:
    token = hall.world.access_token(hall.world.user())
    hall.world.clock.advance(ACCESS_LIFE)
    client = hall.stranger()
    assert client.error("connect", token=token) == 109
    assert not client.is_closed


def test_connect_twice_ends_the_connection(hall: Hall) -> None:
    client = hall.client()
    client.send(lines({"id": 2, "connect": {"token": hall.world.access_token(hall.world.user())}}))
    assert client.disconnects == [3501]
    assert client.is_closed


def test_connect_and_the_commands_after_it_are_answered_in_one_frame(hall: Hall) -> None:
    client = hall.stranger()
    token = hall.world.access_token(hall.world.user())
    subscribes = [{"id": n, "subscribe": {"channel": f"room:{n}"}} for n in (2, 3)]
    client.send(lines({"id": 1, "connect": {"token": token}}, *subscribes))
    assert [reply["id"] for reply in client.replies] == [1, 2, 3]
    assert next(len(text.split("\n")) for _, text in hall.api.frames) == 3


def test_commands_after_a_refused_connect_are_not_answered(hall: Hall) -> None:
    token = hall.world.access_token(hall.world.user())
    hall.world.clock.advance(ACCESS_LIFE)
    client = hall.stranger()
    client.send(
        lines({"id": 1, "connect": {"token": token}}, {"id": 2, "subscribe": {"channel": "room:1"}})
    )
    assert [reply["id"] for reply in client.received] == [1]
    assert not client.is_closed


def test_a_first_command_that_is_not_connect_ends_the_connection_at_once(hall: Hall) -> None:
    client = hall.stranger()
    client.send(lines({"id": 1, "subscribe": {"channel": "room:1"}}))
    assert client.disconnects == [3501]
    assert hall.waits == []


def test_a_command_waits_for_a_connect_that_is_under_way(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = hall.stranger()

    def connect_meanwhile(seconds: float) -> None:
        hall.waits.append(seconds)
        if len(hall.waits) == 5:
            assert "connect" in client.connect()

    monkeypatch.setattr(hall.world.clock, "sleep", connect_meanwhile)
    client.send(lines({"id": 2, "subscribe": {"channel": "room:1"}}))
    assert [reply["id"] for reply in client.replies] == [1, 2]
    assert hall.waits == [0.01, 0.02, 0.04, 0.08, 0.08]


def test_a_command_whose_connect_never_comes_makes_the_client_connect_anew(hall: Hall) -> None:
    client = hall.stranger()
    client.send(lines({"id": 2, "subscribe": {"channel": "room:1"}}))
    assert client.disconnects == [3004]
    assert 3.0 <= sum(hall.waits) < 3.1


def test_a_command_of_a_connection_that_was_closed_is_told_so_at_once(hall: Hall) -> None:
    client = hall.client()
    hall.world.clock.advance(60)
    close_connection(hall.backend, client.id)
    client.tell(("presence", {"channel": "room:1"}))
    assert (len(client.replies), client.disconnects) == (1, [3004])
    assert hall.waits == []


# subscribe and unsubscribe


def test_subscribe_answers_success(hall: Hall) -> None:
    result = {**KEPT, "epoch": ANY, "offset": 0}
    assert hall.client().ask("subscribe", channel="room:1", flag=1) == {
        "id": 2,
        "subscribe": result,
    }


def test_subscribe_to_an_ephemeral_channel_tells_no_position(hall: Hall) -> None:
    assert hall.client().result("subscribe", channel="typing:1") == {}


def test_subscribe_again_answers_success_and_leaves_one_member(hall: Hall) -> None:
    client = hall.member("room:1")
    assert client.result("subscribe", channel="room:1")["recoverable"]
    (member,) = hall.backend.realtime.members.of("room:1", 0)
    assert not member.pending


@pytest.mark.parametrize("channel", ["rooms:1", "room", "room:", "lobby", "$room:1", "room:*"])
def test_subscribe_to_an_unlisted_channel_answers_102(hall: Hall, channel: str) -> None:
    assert hall.client().error("subscribe", channel=channel) == 102


def test_subscribe_to_ones_own_personal_channel_answers_success(hall: Hall) -> None:
    user = hall.world.user()
    assert hall.client(user).result("subscribe", channel=f"user:{user.id}")["recoverable"]


@pytest.mark.parametrize("option", [{"type": 1}, {"tf": {"op": "eq"}}])
def test_subscribe_with_what_is_not_offered_answers_108(hall: Hall, option: dict[str, int]) -> None:
    assert hall.client().error("subscribe", channel="room:1", **option) == 108


def test_subscribe_beyond_the_limit_answers_106(hall: Hall) -> None:
    client = hall.client()
    commands = [
        {"id": n + 2, "subscribe": {"channel": f"room:{n}"}} for n in range(MAX_CHANNELS + 1)
    ]
    errors = {
        reply["id"]: reply["error"]["code"]
        for reply in client.send(lines(*commands))
        if "error" in reply
    }
    assert errors == {MAX_CHANNELS + 2: 106}


def test_subscribe_again_at_the_limit_answers_success(hall: Hall) -> None:
    client = in_as_many_as_possible(hall)
    assert client.result("subscribe", channel="room:7")["recoverable"]


def test_subscribe_to_one_more_answers_106(hall: Hall) -> None:
    assert in_as_many_as_possible(hall).error("subscribe", channel="room:another") == 106


def test_unsubscribe_ends_delivery(hall: Hall) -> None:
    client = hall.member("room:1")
    assert client.result("unsubscribe", channel="room:1") == {}
    hall.client().result("publish", channel="room:1", data="hi")
    assert client.publications == []


def test_unsubscribe_makes_room_for_another_channel(hall: Hall) -> None:
    client = in_as_many_as_possible(hall)
    client.ask("unsubscribe", channel="room:7")
    assert client.result("subscribe", channel="room:another")["recoverable"]


@pytest.mark.parametrize("channel", ["room:never", "unlisted"])
def test_unsubscribe_from_where_one_is_not_answers_success(hall: Hall, channel: str) -> None:
    assert hall.client().result("unsubscribe", channel=channel) == {}


# publish


def test_publish_reaches_every_member_and_nobody_else(hall: Hall) -> None:
    publisher, member = hall.member("room:1"), hall.member("room:1")
    outsider = hall.member("room:10")
    assert publisher.result("publish", channel="room:1", data={"text": "hi"}) == {}
    assert publisher.publications == member.publications == [{"text": "hi"}]
    assert outsider.publications == []


def test_publish_works_without_being_subscribed(hall: Hall) -> None:
    member = hall.member("room:1")
    assert hall.client().result("publish", channel="room:1", data=1) == {}
    assert member.publications == [1]


@pytest.mark.parametrize(
    "data", [None, False, 0, "", [], {}, "é😀\u2028", 1e-7, 2**70, {"\n": "\n"}, "\\u0000"]
)
def test_publish_carries_any_json(hall: Hall, data: object) -> None:
    client = hall.member("room:1")
    client.result("publish", channel="room:1", data=data)
    assert client.publications == [data]


def test_publish_to_an_unlisted_channel_answers_102(hall: Hall) -> None:
    assert hall.client().error("publish", channel="lobby", data=1) == 102


def test_publish_is_acknowledged_when_one_delivery_fails(hall: Hall) -> None:
    broken, member = hall.member("room:1"), hall.member("room:1")
    hall.api.failing.add(broken.id)
    assert hall.client().result("publish", channel="room:1", data=1) == {}
    assert member.publications == [1]


def test_publish_reaches_a_connection_within_the_grace(hall: Hall) -> None:
    member = hall.member("room:1")
    hall.world.clock.advance(ACCESS_LIFE + GRACE - 1)
    hall.client().result("publish", channel="room:1", data=1)
    assert member.publications == [1]


def test_publish_comes_after_the_replies_before_it_in_the_same_frame(hall: Hall) -> None:
    client = hall.client()
    channel = {"channel": "typing:1"}
    client.tell(("subscribe", channel), ("publish", {**channel, "data": 1}))
    assert [each.get("id", "push") for each in client.received] == [1, 2, "push", 3]


# presence


def test_presence_shows_the_members_by_their_clients(hall: Hall) -> None:
    user, client = hall.world.user(), hall.stranger()
    name = client.connect(user)["connect"]["client"]
    client.ask("subscribe", channel="room:1")
    assert hall.client().result("presence", channel="room:1") == {
        "presence": {name: {"client": name, "user": user.id}}
    }


def test_presence_of_an_empty_channel_is_empty(hall: Hall) -> None:
    assert hall.client().result("presence", channel="room:1") == {"presence": {}}


def test_presence_leaves_out_who_unsubscribed_or_left(hall: Hall) -> None:
    first, second = hall.member("room:1"), hall.member("room:1")
    first.ask("unsubscribe", channel="room:1")
    second.leave()
    assert hall.client().result("presence", channel="room:1") == {"presence": {}}


def test_presence_stats_count_clients_and_users(hall: Hall) -> None:
    user = hall.world.user()
    for who in (user, user, None):
        hall.member("room:1", who)
    stats = hall.client().result("presence_stats", channel="room:1")
    assert stats == {"num_clients": 3, "num_users": 2}


@pytest.mark.parametrize("method", ["presence", "presence_stats"])
def test_presence_of_a_personal_channel_is_its_owners(hall: Hall, method: str) -> None:
    user = hall.world.user()
    assert hall.client().error(method, channel=f"user:{user.id}") == 103
    assert hall.client(user).result(method, channel=f"user:{user.id}")


# refresh


def signed_in(hall: Hall) -> tuple[Client, str]:
    """A connection in a room, and the refresh token of its session."""
    tokens = hall.world.sign_in(hall.world.user())
    client = hall.stranger()
    client.connect(token=tokens.access_token)
    client.ask("subscribe", channel="room:1")
    return client, tokens.access_token


def later_token(hall: Hall, token: str) -> str:
    identity = hall.backend.keys.verify_access(token)
    hall.world.clock.advance(ACCESS_LIFE - 10)
    return hall.backend.keys.issue_access(identity.user_id, identity.session_id, 0)


def test_refresh_gives_the_connection_a_new_life(hall: Hall) -> None:
    client, token = signed_in(hall)
    name = client.received[0]["connect"]["client"]
    answer = client.result("refresh", token=later_token(hall, token))
    assert answer.pop("version")
    assert answer == {"client": name, "expires": True, "ttl": ACCESS_LIFE}


def test_refresh_keeps_the_messages_coming(hall: Hall) -> None:
    client, token = signed_in(hall)
    client.ask("refresh", token=later_token(hall, token))
    hall.world.clock.advance(ACCESS_LIFE - 1)
    hall.client().ask("publish", channel="room:1", data=1)
    assert client.publications == [1]


def test_refresh_with_an_expired_token_makes_the_client_connect_anew(hall: Hall) -> None:
    client, token = signed_in(hall)
    hall.world.clock.advance(ACCESS_LIFE)
    client.tell(("refresh", {"token": token}))
    assert client.disconnects == [3005]
    assert client.is_closed


def test_refresh_of_a_revoked_session_ends_the_connection(hall: Hall) -> None:
    client, token = signed_in(hall)
    identity = hall.backend.keys.verify_access(token)
    hall.backend.accounts.sessions.revoke(identity.user_id, identity.session_id)
    client.tell(("refresh", {"token": token}))
    assert client.disconnects == [3500]


# Everything else of the protocol.


def test_rpc_that_nobody_offers_answers_108(hall: Hall) -> None:
    assert hall.client().error("rpc", method="unheard-of") == 108


def test_sub_refresh_of_a_channel_without_tokens_answers_108(hall: Hall) -> None:
    assert hall.member("room:1").error("sub_refresh", channel="room:1", token="any") == 108


def test_an_unknown_method_answers_104(hall: Hall) -> None:
    assert hall.client().error("teleport") == 104


def test_an_error_has_a_message_and_no_temporary_mark_when_it_is_final(hall: Hall) -> None:
    error = hall.client().ask("teleport")["error"]
    assert error == {"code": 104, "message": "Method not found"}


@pytest.mark.parametrize("text", ["{}", '{"send":{"data":1}}', "", "\n", "{}\n{}\n"])
def test_nothing_is_answered_to_what_wants_no_reply(hall: Hall, text: str) -> None:
    assert hall.client().send(text) == []
    assert hall.stranger().send(text) == []


def test_a_frame_of_a_connection_that_is_being_removed_is_not_answered(hall: Hall) -> None:
    client = hall.client()
    hall.backend.realtime.connections.mark_closing(client.id)
    client.tell(("presence", {"channel": "room:1"}))
    assert (len(client.replies), client.disconnects) == (1, [3004])


def test_leaving_removes_everything_that_was_kept(hall: Hall) -> None:
    client = hall.member("room:1")
    client.leave()
    assert hall.stored() == []


def test_everything_that_is_kept_has_an_end(hall: Hall) -> None:
    hall.member("room:1")
    ends = {int(item["ttl"]["N"]) - hall.world.clock.now() for item in hall.stored()}
    assert ends == {7_800}


# Faults of ours.


def test_a_fault_of_a_flow_is_answered_as_temporary(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = hall.client()
    monkeypatch.setattr(hall.backend.realtime.members, "of", None)
    error = client.ask("presence", channel="room:1")["error"]
    assert (error["code"], error["temporary"]) == (100, True)


def test_replies_that_cannot_be_sent_close_the_connection(hall: Hall) -> None:
    client = hall.client()
    hall.api.failing.add(client.id)
    client.send(lines({"id": 2, "presence": {"channel": "room:1"}}))
    connection = hall.backend.realtime.connections.get(client.id)
    assert connection
    assert connection.closing


def test_a_frame_that_takes_too_long_makes_the_client_connect_anew(hall: Hall) -> None:
    client = hall.client()
    left = iter([14_000, 4_999])
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: next(left))
    commands = [{"id": n, "presence": {"channel": "room:1"}} for n in (2, 3)]
    answers = client.send(lines(*commands), context)
    assert [answer.get("id") for answer in answers] == [2, None]
    assert client.disconnects == [3004]


def test_a_broken_backend_is_logged_and_raises_nothing(hall: Hall) -> None:
    def broken() -> None:
        raise RuntimeError

    hall.socket._backend = broken  # type: ignore[assignment]
    assert hall.socket(event("subscribe"), None) == OK
    assert hall.socket(event("close"), None) == OK
    assert hall.socket(event("open"), None) == {"statusCode": 500}


def test_a_message_is_never_logged(hall: Hall, caplog: pytest.LogCaptureFixture) -> None:
    broken = hall.member("room:1")
    hall.api.failing.add(broken.id)
    with caplog.at_level("DEBUG", logger="gatehouse"):
        hall.client().ask("publish", channel="room:1", data="a private word")
    assert caplog.records
    assert "a private word" not in caplog.text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "events").glob("socket-*.json")), ids=lambda path: path.stem
)
def test_every_sample_event_is_answered(hall: Hall, path: Path) -> None:
    assert hall.socket(json.loads(path.read_text()), None) == OK
