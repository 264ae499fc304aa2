"""The socket, from events of the WebSocket API to the frames that its connections receive."""

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
from harness.moto_backend import MotoBackend
from harness.socket_harness import (
    OK,
    ROOT,
    Client,
    SocketHarness,
    connect_event,
    event,
    load_socket,
)

KEPT = {"recoverable": True, "positioned": True}


@pytest.fixture
def sockets(moto: MotoBackend) -> SocketHarness:
    return SocketHarness(moto)


def lines(*commands: object) -> str:
    return "\n".join(json.dumps(command) for command in commands)


def in_as_many_as_possible(sockets: SocketHarness) -> Client:
    """Returns a client in the maximum number of channels."""
    client = sockets.client()
    for number in range(MAX_CHANNELS):
        client.ask("subscribe", channel=f"room:{number}")
    return client


# The handshake.


@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_handshake_is_accepted_from_a_listed_origin(sockets: SocketHarness, name: str) -> None:
    assert sockets.socket(connect_event(**{name: "https://app.example.com"}), None) == OK


def test_handshake_is_accepted_without_an_origin(sockets: SocketHarness) -> None:
    assert sockets.socket(connect_event(Host="socket.example.com"), None) == OK


def test_handshake_is_accepted_from_any_origin_when_all_are_allowed(moto: MotoBackend) -> None:
    settings = replace(moto.backend.settings, allowed_origins=("*",))
    socket = load_socket(replace(moto.backend, settings=settings))
    assert socket(connect_event(Origin="https://elsewhere.example"), None) == OK


# connect


def test_connect_answers_who_and_for_how_long(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    reply = sockets.stranger().connect(user)["connect"]
    assert len(reply.pop("client")) == 36
    assert reply.pop("version")
    assert reply == {
        "ping": 540,
        "pong": False,
        "expires": True,
        "ttl": ACCESS_LIFE,
        "subs": {f"user:{user.id}": {**KEPT, "epoch": ANY, "offset": 0}},
    }


def test_connect_gives_each_connection_its_own_client(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    first, second = (sockets.stranger().connect(user)["connect"]["client"] for _ in range(2))
    assert first != second


def test_connect_makes_a_member_of_the_personal_channel(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    sockets.client(user)
    (member,) = sockets.backend.realtime.members.present(
        f"user:{user.id}", 1, sockets.moto.clock.now()
    )
    assert member.user_id == user.id


def test_connect_without_a_token_ends_the_connection(sockets: SocketHarness) -> None:
    client = sockets.stranger()
    client.send(lines({"id": 1, "connect": {}}))
    assert client.disconnects == [3501]
    assert client.is_closed


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "x" * 5000])
def test_connect_with_an_invalid_token_ends_the_connection(
    sockets: SocketHarness, token: str
) -> None:
    client = sockets.stranger()
    assert client.send(lines({"id": 1, "connect": {"token": token}})) == [
        {"push": {"disconnect": {"code": 3500, "reason": "invalid token"}}}
    ]
    assert client.is_closed


def test_connect_with_an_expired_token_answers_109_and_stays_open(sockets: SocketHarness) -> None:
    token = sockets.moto.access_token(sockets.moto.user())
    sockets.moto.clock.advance(ACCESS_LIFE)
    client = sockets.stranger()
    assert client.error("connect", token=token) == 109
    assert not client.is_closed


def test_connect_twice_ends_the_connection(sockets: SocketHarness) -> None:
    client = sockets.client()
    client.send(
        lines({"id": 2, "connect": {"token": sockets.moto.access_token(sockets.moto.user())}})
    )
    assert client.disconnects == [3501]
    assert client.is_closed


def test_connect_and_the_commands_after_it_are_answered_in_one_frame(
    sockets: SocketHarness,
) -> None:
    client = sockets.stranger()
    token = sockets.moto.access_token(sockets.moto.user())
    subscribes = [{"id": n, "subscribe": {"channel": f"room:{n}"}} for n in (2, 3)]
    client.send(lines({"id": 1, "connect": {"token": token}}, *subscribes))
    assert [reply["id"] for reply in client.replies] == [1, 2, 3]
    assert next(len(text.split("\n")) for _, text in sockets.api.frames) == 3


def test_commands_after_a_refused_connect_are_not_answered(sockets: SocketHarness) -> None:
    token = sockets.moto.access_token(sockets.moto.user())
    sockets.moto.clock.advance(ACCESS_LIFE)
    client = sockets.stranger()
    client.send(
        lines({"id": 1, "connect": {"token": token}}, {"id": 2, "subscribe": {"channel": "room:1"}})
    )
    assert [reply["id"] for reply in client.received] == [1]
    assert not client.is_closed


def test_a_first_command_that_is_not_connect_ends_the_connection_at_once(
    sockets: SocketHarness,
) -> None:
    client = sockets.stranger()
    client.send(lines({"id": 1, "subscribe": {"channel": "room:1"}}))
    assert client.disconnects == [3501]
    assert sockets.waits == []


def test_a_command_waits_for_a_connect_that_is_under_way(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sockets.stranger()

    def connect_meanwhile(seconds: float) -> None:
        sockets.waits.append(seconds)
        if len(sockets.waits) == 5:
            assert "connect" in client.connect()

    monkeypatch.setattr(sockets.moto.clock, "sleep", connect_meanwhile)
    client.send(lines({"id": 2, "subscribe": {"channel": "room:1"}}))
    assert [reply["id"] for reply in client.replies] == [1, 2]
    assert sockets.waits == [0.01, 0.02, 0.04, 0.08, 0.08]


def test_a_command_whose_connect_never_comes_makes_the_client_connect_anew(
    sockets: SocketHarness,
) -> None:
    client = sockets.stranger()
    client.send(lines({"id": 2, "subscribe": {"channel": "room:1"}}))
    assert client.disconnects == [3004]
    assert 3.0 <= sum(sockets.waits) < 3.1


def test_a_command_of_a_connection_that_was_closed_is_told_so_at_once(
    sockets: SocketHarness,
) -> None:
    client = sockets.client()
    sockets.moto.clock.advance(60)
    close_connection(sockets.backend, client.id)
    client.tell(("presence", {"channel": "room:1"}))
    assert (len(client.replies), client.disconnects) == (1, [3004])
    assert sockets.waits == []


# subscribe and unsubscribe


def test_subscribe_answers_success(sockets: SocketHarness) -> None:
    result = {**KEPT, "epoch": ANY, "offset": 0}
    assert sockets.client().ask("subscribe", channel="room:1", flag=1) == {
        "id": 2,
        "subscribe": result,
    }


def test_subscribe_to_an_ephemeral_channel_tells_no_position(sockets: SocketHarness) -> None:
    assert sockets.client().result("subscribe", channel="typing:1") == {}


def test_subscribe_again_answers_success_and_leaves_one_member(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    assert client.result("subscribe", channel="room:1")["recoverable"]
    (member,) = sockets.backend.realtime.members.of("room:1", 0)
    assert not member.pending


@pytest.mark.parametrize("channel", ["rooms:1", "room", "room:", "lobby", "$room:1", "room:*"])
def test_subscribe_to_an_unlisted_channel_answers_102(sockets: SocketHarness, channel: str) -> None:
    assert sockets.client().error("subscribe", channel=channel) == 102


def test_subscribe_to_ones_own_personal_channel_answers_success(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    assert sockets.client(user).result("subscribe", channel=f"user:{user.id}")["recoverable"]


@pytest.mark.parametrize("option", [{"type": 1}, {"tf": {"op": "eq"}}])
def test_subscribe_with_what_is_not_offered_answers_108(
    sockets: SocketHarness, option: dict[str, int]
) -> None:
    assert sockets.client().error("subscribe", channel="room:1", **option) == 108


def test_subscribe_beyond_the_limit_answers_106(sockets: SocketHarness) -> None:
    client = sockets.client()
    commands = [
        {"id": n + 2, "subscribe": {"channel": f"room:{n}"}} for n in range(MAX_CHANNELS + 1)
    ]
    errors = {
        reply["id"]: reply["error"]["code"]
        for reply in client.send(lines(*commands))
        if "error" in reply
    }
    assert errors == {MAX_CHANNELS + 2: 106}


def test_subscribe_again_at_the_limit_answers_success(sockets: SocketHarness) -> None:
    client = in_as_many_as_possible(sockets)
    assert client.result("subscribe", channel="room:7")["recoverable"]


def test_subscribe_to_one_more_answers_106(sockets: SocketHarness) -> None:
    assert in_as_many_as_possible(sockets).error("subscribe", channel="room:another") == 106


def test_unsubscribe_ends_delivery(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    assert client.result("unsubscribe", channel="room:1") == {}
    sockets.client().result("publish", channel="room:1", data="hi")
    assert client.publications == []


def test_unsubscribe_makes_room_for_another_channel(sockets: SocketHarness) -> None:
    client = in_as_many_as_possible(sockets)
    client.ask("unsubscribe", channel="room:7")
    assert client.result("subscribe", channel="room:another")["recoverable"]


@pytest.mark.parametrize("channel", ["room:never", "unlisted"])
def test_unsubscribe_from_where_one_is_not_answers_success(
    sockets: SocketHarness, channel: str
) -> None:
    assert sockets.client().result("unsubscribe", channel=channel) == {}


# publish


def test_publish_reaches_every_member_and_nobody_else(sockets: SocketHarness) -> None:
    publisher, member = sockets.member("room:1"), sockets.member("room:1")
    outsider = sockets.member("room:10")
    assert publisher.result("publish", channel="room:1", data={"text": "hi"}) == {}
    assert publisher.publications == member.publications == [{"text": "hi"}]
    assert outsider.publications == []


def test_publish_works_without_being_subscribed(sockets: SocketHarness) -> None:
    member = sockets.member("room:1")
    assert sockets.client().result("publish", channel="room:1", data=1) == {}
    assert member.publications == [1]


@pytest.mark.parametrize(
    "data", [None, False, 0, "", [], {}, "é😀\u2028", 1e-7, 2**70, {"\n": "\n"}, "\\u0000"]
)
def test_publish_carries_any_json(sockets: SocketHarness, data: object) -> None:
    client = sockets.member("room:1")
    client.result("publish", channel="room:1", data=data)
    assert client.publications == [data]


def test_publish_to_an_unlisted_channel_answers_102(sockets: SocketHarness) -> None:
    assert sockets.client().error("publish", channel="lobby", data=1) == 102


def test_publish_is_acknowledged_when_one_delivery_fails(sockets: SocketHarness) -> None:
    broken, member = sockets.member("room:1"), sockets.member("room:1")
    sockets.api.failing.add(broken.id)
    assert sockets.client().result("publish", channel="room:1", data=1) == {}
    assert member.publications == [1]


def test_publish_reaches_a_connection_within_the_grace(sockets: SocketHarness) -> None:
    member = sockets.member("room:1")
    sockets.moto.clock.advance(ACCESS_LIFE + GRACE - 1)
    sockets.client().result("publish", channel="room:1", data=1)
    assert member.publications == [1]


def test_publish_comes_after_the_replies_before_it_in_the_same_frame(
    sockets: SocketHarness,
) -> None:
    client = sockets.client()
    channel = {"channel": "typing:1"}
    client.tell(("subscribe", channel), ("publish", {**channel, "data": 1}))
    assert [each.get("id", "push") for each in client.received] == [1, 2, "push", 3]


# presence


def test_presence_shows_the_members_by_their_clients(sockets: SocketHarness) -> None:
    user, client = sockets.moto.user(), sockets.stranger()
    name = client.connect(user)["connect"]["client"]
    client.ask("subscribe", channel="room:1")
    assert sockets.client().result("presence", channel="room:1") == {
        "presence": {name: {"client": name, "user": user.id}}
    }


def test_presence_of_an_empty_channel_is_empty(sockets: SocketHarness) -> None:
    assert sockets.client().result("presence", channel="room:1") == {"presence": {}}


def test_presence_leaves_out_who_unsubscribed_or_left(sockets: SocketHarness) -> None:
    first, second = sockets.member("room:1"), sockets.member("room:1")
    first.ask("unsubscribe", channel="room:1")
    second.leave()
    assert sockets.client().result("presence", channel="room:1") == {"presence": {}}


def test_presence_stats_count_clients_and_users(sockets: SocketHarness) -> None:
    user = sockets.moto.user()
    for who in (user, user, None):
        sockets.member("room:1", who)
    stats = sockets.client().result("presence_stats", channel="room:1")
    assert stats == {"num_clients": 3, "num_users": 2}


@pytest.mark.parametrize("method", ["presence", "presence_stats"])
def test_presence_of_a_personal_channel_is_its_owners(sockets: SocketHarness, method: str) -> None:
    user = sockets.moto.user()
    assert sockets.client().error(method, channel=f"user:{user.id}") == 103
    assert sockets.client(user).result(method, channel=f"user:{user.id}")


# refresh


def signed_in(sockets: SocketHarness) -> tuple[Client, str]:
    """Returns a client in a room, and the access token that it connected with."""
    tokens = sockets.moto.sign_in(sockets.moto.user())
    client = sockets.stranger()
    client.connect(token=tokens.access_token)
    client.ask("subscribe", channel="room:1")
    return client, tokens.access_token


def later_token(sockets: SocketHarness, token: str) -> str:
    identity = sockets.backend.keys.verify_access(token)
    sockets.moto.clock.advance(ACCESS_LIFE - 10)
    return sockets.backend.keys.issue_access(identity.user_id, identity.session_id, 0)


def test_refresh_gives_the_connection_a_new_life(sockets: SocketHarness) -> None:
    client, token = signed_in(sockets)
    name = client.received[0]["connect"]["client"]
    answer = client.result("refresh", token=later_token(sockets, token))
    assert answer.pop("version")
    assert answer == {"client": name, "expires": True, "ttl": ACCESS_LIFE}


def test_refresh_keeps_the_messages_coming(sockets: SocketHarness) -> None:
    client, token = signed_in(sockets)
    client.ask("refresh", token=later_token(sockets, token))
    sockets.moto.clock.advance(ACCESS_LIFE - 1)
    sockets.client().ask("publish", channel="room:1", data=1)
    assert client.publications == [1]


def test_refresh_with_an_expired_token_makes_the_client_connect_anew(
    sockets: SocketHarness,
) -> None:
    client, token = signed_in(sockets)
    sockets.moto.clock.advance(ACCESS_LIFE)
    client.tell(("refresh", {"token": token}))
    assert client.disconnects == [3005]
    assert client.is_closed


def test_refresh_of_a_revoked_session_ends_the_connection(sockets: SocketHarness) -> None:
    client, token = signed_in(sockets)
    identity = sockets.backend.keys.verify_access(token)
    sockets.backend.accounts.sessions.revoke(identity.user_id, identity.session_id)
    client.tell(("refresh", {"token": token}))
    assert client.disconnects == [3500]


# The rest of the protocol.


def test_rpc_that_nobody_offers_answers_108(sockets: SocketHarness) -> None:
    assert sockets.client().error("rpc", method="unheard-of") == 108


def test_sub_refresh_of_a_channel_without_tokens_answers_108(sockets: SocketHarness) -> None:
    assert sockets.member("room:1").error("sub_refresh", channel="room:1", token="any") == 108


def test_an_unknown_method_answers_104(sockets: SocketHarness) -> None:
    assert sockets.client().error("teleport") == 104


def test_an_error_has_a_message_and_no_temporary_mark_when_it_is_final(
    sockets: SocketHarness,
) -> None:
    error = sockets.client().ask("teleport")["error"]
    assert error == {"code": 104, "message": "Method not found"}


@pytest.mark.parametrize("text", ["{}", '{"send":{"data":1}}', "", "\n", "{}\n{}\n"])
def test_nothing_is_answered_to_what_wants_no_reply(sockets: SocketHarness, text: str) -> None:
    assert sockets.client().send(text) == []
    assert sockets.stranger().send(text) == []


def test_a_frame_of_a_connection_that_is_being_removed_is_not_answered(
    sockets: SocketHarness,
) -> None:
    client = sockets.client()
    sockets.backend.realtime.connections.mark_closing(client.id)
    client.tell(("presence", {"channel": "room:1"}))
    assert (len(client.replies), client.disconnects) == (1, [3004])


def test_leaving_removes_everything_that_was_kept(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    client.leave()
    assert sockets.stored() == []


def test_everything_that_is_kept_has_an_end(sockets: SocketHarness) -> None:
    sockets.member("room:1")
    ends = {int(item["ttl"]["N"]) - sockets.moto.clock.now() for item in sockets.stored()}
    assert ends == {7_800}


# Internal errors.


def test_a_fault_of_a_flow_is_answered_as_temporary(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sockets.client()
    monkeypatch.setattr(sockets.backend.realtime.members, "of", None)
    error = client.ask("presence", channel="room:1")["error"]
    assert (error["code"], error["temporary"]) == (100, True)


def test_replies_that_cannot_be_sent_close_the_connection(sockets: SocketHarness) -> None:
    client = sockets.client()
    sockets.api.failing.add(client.id)
    client.send(lines({"id": 2, "presence": {"channel": "room:1"}}))
    connection = sockets.backend.realtime.connections.get(client.id)
    assert connection
    assert connection.closing


def test_a_frame_that_takes_too_long_makes_the_client_connect_anew(sockets: SocketHarness) -> None:
    client = sockets.client()
    left = iter([14_000, 4_999])
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: next(left))
    commands = [{"id": n, "presence": {"channel": "room:1"}} for n in (2, 3)]
    answers = client.send(lines(*commands), context)
    assert [answer.get("id") for answer in answers] == [2, None]
    assert client.disconnects == [3004]


def test_a_broken_backend_is_logged_and_raises_nothing(sockets: SocketHarness) -> None:
    def broken() -> None:
        raise RuntimeError

    sockets.socket._backend = broken  # type: ignore[assignment]
    assert sockets.socket(event("subscribe"), None) == OK
    assert sockets.socket(event("close"), None) == OK
    assert sockets.socket(event("open"), None) == {"statusCode": 500}


def test_a_message_is_never_logged(
    sockets: SocketHarness, caplog: pytest.LogCaptureFixture
) -> None:
    broken = sockets.member("room:1")
    sockets.api.failing.add(broken.id)
    with caplog.at_level("DEBUG", logger="gatehouse"):
        sockets.client().ask("publish", channel="room:1", data="a private word")
    assert caplog.records
    assert "a private word" not in caplog.text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "events").glob("socket-*.json")), ids=lambda path: path.stem
)
def test_every_sample_event_is_answered(sockets: SocketHarness, path: Path) -> None:
    assert sockets.socket(json.loads(path.read_text()), None) == OK
