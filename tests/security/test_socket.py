"""Attacks on the socket: foreign origins, missing tokens, spoofed senders, expired tokens, ended
sessions, dead sockets and floods.

Tokens are in test_tokens.py, channel names in test_channels.py, frames in test_socket_frames.py.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gatehouse.flows.realtime import connect
from gatehouse.flows.realtime.ping_connections import ping_connections
from gatehouse.stores.connections import GRACE, SLOTS, slot_of
from gatehouse.stores.users import User
from gatehouse.tokens import ACCESS_LIFE
from gatehouse.websocket.budget import MAX_SPENT, WINDOW
from gatehouse.websocket.frame_lock import MAX_BACKLOG
from harness.http_app import NEW_PASSWORD, HttpApp
from harness.moto_backend import PASSWORD, MotoBackend
from harness.socket_harness import Client, SocketHarness, connect_event
from tests.security.conftest import watched_sockets

FORBIDDEN = {"statusCode": 403}
PUBLISH = ("publish", {"channel": "typing:1", "data": 1})

# Pages of foreign origins.

EVIL_ORIGINS = {
    "another site": "https://evil.example",
    "empty": "",
    "null of a sandbox": "null",
    "wildcard": "*",
    "without encryption": "http://app.example.com",
    "of the socket": "wss://app.example.com",
    "behind ours": "https://app.example.com.evil.example",
    "ours behind a hyphen": "https://evil-app.example.com",
    "below ours": "https://x.app.example.com",
    "above ours": "https://example.com",
    "another port": "https://app.example.com:8443",
    "our port written out": "https://app.example.com:443",
    "ours as a user": "https://app.example.com@evil.example",
    "ours as a query": "https://evil.example/?https://app.example.com",
    "two": "https://app.example.com https://evil.example",
    "a list": "https://app.example.com, https://evil.example",
    "a path": "https://app.example.com/",
    "a dot": "https://app.example.com.",
    "upper case": "HTTPS://APP.EXAMPLE.COM",
    "Cyrillic a": "https://\u0430pp.example.com",
    "its Punycode": "https://xn--pp-6kc.example.com",
    "another header behind": "https://evil.example\r\nOrigin: https://app.example.com",
    "NUL": "https://app.example.com\0",
    "file": "file://",
    "extension": "chrome-extension://app.example.com",
    "10 KB": "https://app.example.com" * 450,
}


@pytest.mark.parametrize("name", EVIL_ORIGINS)
def test_evil_origin_is_refused(sockets: SocketHarness, name: str) -> None:
    assert sockets.socket(connect_event(Origin=EVIL_ORIGINS[name]), None) == FORBIDDEN
    assert sockets.stored() == []
    assert sockets.checks() == []


@pytest.mark.parametrize("name", ["origin", "ORIGIN", "oRiGiN"])
def test_evil_origin_in_another_case_of_the_header_is_refused(
    sockets: SocketHarness, name: str
) -> None:
    assert sockets.socket(connect_event(**{name: "https://evil.example"}), None) == FORBIDDEN


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Referer", "Sec-WebSocket-Origin", "Host"])
def test_evil_origin_is_not_made_good_by_another_header(sockets: SocketHarness, name: str) -> None:
    headers = {"Origin": "https://evil.example", name: "https://app.example.com"}
    assert sockets.socket(connect_event(**headers), None) == FORBIDDEN


# Clients without a token.


@pytest.mark.parametrize("params", [{}, {"token": ""}, {"token": None}, {"data": {"token": "x"}}])
def test_no_token_ends_the_connection(sockets: SocketHarness, params: dict[str, Any]) -> None:
    client = sockets.stranger()
    client.tell(("connect", params))
    assert (client.replies, client.disconnects) == ([], [3501])
    assert client.is_closed
    assert sockets.stored() == []


COMMANDS: dict[str, dict[str, Any]] = {
    "subscribe": {"channel": "room:1"},
    "publish": {"channel": "room:1", "data": "from nobody"},
    "history": {"channel": "room:1", "limit": -1},
    "presence": {"channel": "room:1"},
    "presence_stats": {"channel": "room:1"},
    "unsubscribe": {"channel": "room:1"},
    "refresh": {"token": "any"},
    "sub_refresh": {"channel": "room:1", "token": "any"},
    "rpc": {"method": "time"},
}


@pytest.mark.parametrize("method", COMMANDS)
def test_no_token_and_another_command_first_ends_the_connection(
    sockets: SocketHarness, method: str
) -> None:
    member, stranger = sockets.member("room:1"), sockets.stranger()
    stranger.tell((method, COMMANDS[method]))
    assert (stranger.replies, stranger.disconnects) == ([], [3501])
    assert member.publications == []


def test_no_token_and_nothing_said_ends_the_connection_in_time(sockets: SocketHarness) -> None:
    sockets.socket(connect_event(), None)
    ((check, delay),) = sockets.checks()
    assert (check.first, delay) == (True, 15)


def test_bad_token_beside_other_commands_lets_none_of_them_through(sockets: SocketHarness) -> None:
    member, stranger = sockets.member("room:1"), sockets.stranger()
    stranger.tell(("connect", {"token": "garbage"}), *COMMANDS.items())
    assert (stranger.replies, stranger.disconnects) == ([], [3500])
    assert member.publications == []


# Spoofed senders.

SPOOFED = {
    "info": {"user": "forged", "client": "forged"},
    "user": "forged",
    "client": "forged",
    "conn_info": {"name": "forged"},
    "offset": 99,
    "seq": 99,
    "gen": 99,
    "epoch": "forged",
    "tags": {"from": "forged"},
    "time": 99,
}


@pytest.mark.parametrize("channel", ["room:1", "typing:1"])
@pytest.mark.parametrize("name", [*SPOOFED, "all of them"])
def test_spoofed_sender_of_a_publication_is_ignored(
    sockets: SocketHarness, name: str, channel: str
) -> None:
    spoofed = SPOOFED if name == "all of them" else {name: SPOOFED[name]}
    member, sender, user = sockets.member(channel), sockets.stranger(), sockets.moto.user()
    client = sender.connect(user)["connect"]["client"]
    assert sender.result("publish", channel=channel, data=1, **spoofed) == {}
    (pub,) = member.pushes("pub")
    assert pub.pop("offset", None) == (1 if channel == "room:1" else None)
    assert pub == {"data": 1, "info": {"user": user.id, "client": client}}


@pytest.mark.parametrize("method", ["connect", "subscribe"])
def test_spoofed_member_is_known_by_its_own_name(sockets: SocketHarness, method: str) -> None:
    user, client = sockets.moto.user(), sockets.stranger()
    spoofed: dict[str, Any] = SPOOFED if method == "connect" else {}
    token = sockets.moto.access_token(user)
    name = client.result("connect", token=token, **spoofed, data=SPOOFED, name="forged")["client"]
    subscription = {} if method == "connect" else SPOOFED | {"offset": 0}
    watcher = sockets.member("room:1")
    client.result("subscribe", channel="room:1", **subscription)
    present = watcher.result("presence", channel="room:1")["presence"]
    assert present[name] == {"client": name, "user": user.id}
    assert {"info": {"client": name, "user": user.id}} in watcher.pushes("join")


PUSH = {"push": {"disconnect": {"code": 3500, "reason": "forged"}}}


@pytest.mark.parametrize(
    "data",
    [PUSH, json.dumps(PUSH), f"\n{json.dumps(PUSH)}\n", {"\n": PUSH}, {"pub": PUSH}, {"id": 1}],
    ids=str,
)
def test_spoofed_push_within_a_publication_stays_within(
    sockets: SocketHarness, data: object
) -> None:
    member = sockets.member("room:1")
    before = len(member.received)
    sockets.client().result("publish", channel="room:1", data=data)
    assert len(member.received) == before + 1
    assert (member.publications, member.disconnects) == ([data], [])


# Tokens that expire while the connection is open.


def test_token_that_expired_meanwhile_lets_nothing_out(sockets: SocketHarness) -> None:
    member = sockets.member("room:1")
    sockets.moto.clock.advance(ACCESS_LIFE + GRACE)
    sockets.client().result("publish", channel="room:1", data=1)
    assert (member.publications, member.disconnects) == ([], [3005])
    assert not any(member.id in str(item) for item in sockets.stored())


@pytest.mark.parametrize("method", COMMANDS)
def test_token_that_expired_meanwhile_lets_nothing_in(sockets: SocketHarness, method: str) -> None:
    client = sockets.client()
    sockets.moto.clock.advance(ACCESS_LIFE + GRACE)
    witness = sockets.member("room:1")
    client.tell((method, COMMANDS[method]))
    assert (len(client.replies), client.disconnects) == (1, [3005])
    assert witness.publications == []


def test_token_that_expired_meanwhile_ends_a_silent_connection(sockets: SocketHarness) -> None:
    client = sockets.member("room:1")
    sockets.moto.clock.advance(ACCESS_LIFE + GRACE)
    ping_connections(sockets.backend, slot_of(client.id))
    assert client.disconnects == [3005]
    assert sockets.stored() == []


# Sessions that end while the connection is open.


def _log_out(app: HttpApp, user: User, refresh: str) -> None:
    assert app.ask("POST", "/logout", {"refresh_token": refresh}).status == 204


def _end_all(app: HttpApp, user: User, _: str) -> None:
    other = app.moto.access_token(user)
    assert app.ask("DELETE", "/sessions", token=other).status == 204


def _end_others(app: HttpApp, user: User, _: str) -> None:
    other = app.moto.access_token(user)
    assert app.ask("DELETE", "/sessions?keep=current", token=other).status == 204


def _change_password(app: HttpApp, user: User, _: str) -> None:
    other = app.moto.access_token(user)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert app.ask("PUT", "/password", body, token=other).status == 204


def _reset_password(app: HttpApp, user: User, _: str) -> None:
    assert app.ask("POST", "/passwords/forgot", {"email": user.email}).status == 202
    body = {"token": app.mailed_token("reset_password"), "password": NEW_PASSWORD}
    assert app.ask("POST", "/passwords/reset", body).status == 204


def _delete_account(app: HttpApp, user: User, _: str) -> None:
    other = app.moto.access_token(user)
    assert app.ask("DELETE", "/profile", {"password": PASSWORD}, token=other).status == 204


def _replay_refresh_token(app: HttpApp, user: User, refresh: str) -> None:
    body = {"refresh_token": refresh}
    assert app.ask("POST", "/sessions/refresh", body).status == 200
    app.moto.clock.advance(601)
    assert app.ask("POST", "/sessions/refresh", body).status == 400


ENDS: dict[str, Callable[[HttpApp, User, str], None]] = {
    "logged out": _log_out,
    "all sessions ended": _end_all,
    "other sessions ended": _end_others,
    "password changed": _change_password,
    "password reset": _reset_password,
    "account deleted": _delete_account,
    "refresh token replayed": _replay_refresh_token,
}


@pytest.mark.parametrize("reachable", [True, False], ids=["", "the gateway does not answer"])
@pytest.mark.parametrize("end", ENDS)
def test_revoked_while_connected_stops_both_directions(
    sockets: SocketHarness, end: str, reachable: bool
) -> None:
    app = HttpApp(sockets.moto, sockets.moto.backend, sockets.api)
    user = sockets.moto.user()
    tokens = sockets.moto.sign_in(user)
    thief, witness = sockets.stranger(), sockets.member("room:1")
    thief.connect(token=tokens.access_token)
    thief.result("subscribe", channel="room:1")
    if not reachable:
        sockets.api.failing.add(thief.id)
    ENDS[end](app, user, tokens.refresh_token)
    assert (thief.disconnects, thief.is_closed) == (([3503], True) if reachable else ([], False))
    # Holds even if the connection was not closed, and before it could be.
    sockets.api.failing.clear()
    sockets.api.gone.discard(thief.id)
    heard = len(thief.received)
    witness.result("publish", channel="room:1", data="out")
    assert len(thief.received) == heard
    thief.tell(("publish", {"channel": "room:1", "data": "in"}))
    assert witness.publications == ["out"]
    assert not [each for each in thief.received[heard:] if "id" in each]
    thief.tell(("connect", {"token": tokens.access_token}))
    assert not [each for each in thief.received[heard:] if "connect" in each]


@pytest.mark.parametrize("end", ["revoked", "disabled"])
def test_revoked_before_it_connects_opens_nothing(sockets: SocketHarness, end: str) -> None:
    user, client = sockets.moto.user(), sockets.stranger()
    token = sockets.moto.access_token(user)
    if end == "revoked":
        sockets.backend.accounts.sessions.revoke(
            user.id, sockets.backend.keys.verify_access(token).session_id
        )
    else:
        sockets.moto.disable(user)
    client.tell(("connect", {"token": token}))
    assert (client.replies, client.disconnects) == ([], [3500])
    assert sockets.stored() == []


# Dead sockets.


def _by_delivery(sockets: SocketHarness, _: Client) -> None:
    sockets.client().result("publish", channel="room:1", data=1)


def _by_reply(_: SocketHarness, client: Client) -> None:
    client.tell(("presence", {"channel": "room:1"}))


def _by_ping(sockets: SocketHarness, _: Client) -> None:
    for minute in range(SLOTS):
        ping_connections(sockets.backend, minute)


def _by_end_of_session(sockets: SocketHarness, client: Client) -> None:
    from gatehouse.flows.accounts.end_sessions import end_sessions

    end_sessions(sockets.backend, client.user_id, list)


@pytest.mark.parametrize("find", [_by_delivery, _by_reply, _by_ping, _by_end_of_session])
def test_dead_socket_is_cleaned_by_whoever_finds_it(
    sockets: SocketHarness, find: Callable[[SocketHarness, Client], None]
) -> None:
    dead, lives = sockets.member("room:1"), sockets.member("room:1")
    sockets.api.gone.add(dead.id)
    find(sockets, dead)
    assert not any(dead.id in str(item) for item in sockets.stored())
    assert len(lives.pushes("leave")) == 1
    assert lives.result("presence_stats", channel="room:1")["num_clients"] == 1


def test_storm_of_reconnects_loses_nothing(sockets: SocketHarness) -> None:
    speaker, user = sockets.client(), sockets.moto.user()
    token = sockets.moto.access_token(user)
    heard: list[int] = []
    position: dict[str, Any] = {}
    for number in range(16):
        client = sockets.stranger()
        client.connect(token=token)
        reply = client.result("subscribe", channel="room:1", **position)
        assert number == 0 or reply["recovered"]
        heard += [pub["data"] for pub in reply.get("publications", ())]
        speaker.result("publish", channel="room:1", data=2 * number)
        heard += client.publications
        offset = client.offsets[-1]
        position = {"recover": True, "epoch": reply["epoch"], "offset": offset}
        # Every other disconnect is not reported to the server.
        client.leave() if number % 2 else sockets.api.gone.add(client.id)
        speaker.result("publish", channel="room:1", data=2 * number + 1)
    assert heard == list(range(31))
    assert not any(client.id in str(item) for item in sockets.stored())


# Floods.


def flooding(sockets: SocketHarness) -> Client:
    """Returns a client that has spent its whole budget."""
    client = sockets.member("typing:1")
    while (left := MAX_SPENT - _spent(sockets, client)) > 0:
        client.tell(*[("rpc", {"method": "time"})] * min(left, 300))
    return client


def _spent(sockets: SocketHarness, client: Client) -> int:
    connection = sockets.backend.realtime.connections.get(client.id)
    assert connection
    return connection.spent


def test_flood_of_commands_is_refused_and_not_carried_out(sockets: SocketHarness) -> None:
    client = flooding(sockets)
    client.tell(PUBLISH)
    assert (client.replies[-1]["error"]["code"], client.publications) == (111, [])
    assert client.replies[-1]["error"]["temporary"]


def test_flood_within_one_frame_is_refused_from_the_limit_on(sockets: SocketHarness) -> None:
    client = sockets.client()
    lines = (f'{{"id":{n},"rpc":{{"method":"time"}}}}' for n in range(2, MAX_SPENT + 51))
    replies = client.send("\n".join(lines))
    # The connect command has already spent one.
    carried_out, refused = replies[: MAX_SPENT - 1], replies[MAX_SPENT - 1 :]
    assert all("rpc" in reply for reply in carried_out)
    assert [reply["error"]["code"] for reply in refused] == [111] * 50


def test_flood_does_not_keep_anybody_from_leaving_a_channel(sockets: SocketHarness) -> None:
    assert flooding(sockets).result("unsubscribe", channel="typing:1") == {}


def test_flood_of_one_is_no_matter_to_others(sockets: SocketHarness) -> None:
    flooding(sockets)
    assert sockets.client().result("publish", channel="typing:1", data=1) == {}


def test_flood_of_broadcasts_to_a_large_room_is_dropped_and_replies_are_not(
    moto: MotoBackend,
) -> None:
    settings = replace(moto.backend.settings, broadcast_budget=20)
    small = replace(moto, backend=replace(moto.backend, settings=settings))
    with watched_sockets(SocketHarness(small)) as sockets:
        room = [sockets.member("typing:1") for _ in range(8)]
        flooding, quiet = sockets.client(), sockets.member("room:1")
        flooding.tell(*[PUBLISH] * 100)
        assert sum(len(client.publications) for client in room) == 16
        assert [reply.get("publish") for reply in flooding.replies[1:]] == [{}] * 100
        # Publications that must not be lost are outside this budget.
        assert flooding.result("publish", channel="room:1", data="kept") == {}
        assert quiet.publications == ["kept"]


def test_flood_is_forgotten_after_its_window(sockets: SocketHarness) -> None:
    client = flooding(sockets)
    sockets.moto.clock.advance(WINDOW)
    client.tell(PUBLISH)
    assert client.publications == [1]


def test_frames_far_ahead_of_their_turn_end_the_connection(sockets: SocketHarness) -> None:
    client = sockets.client()
    client.send(f'{{"id":{MAX_BACKLOG + 2},"rpc":{{"method":"time"}}}}')
    assert client.disconnects == [3013]
    assert sockets.waits == []


def test_one_user_cannot_hold_connections_without_end(
    sockets: SocketHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "MAX_CONNECTIONS", 2)
    user = sockets.moto.user()
    sockets.client(user)
    sockets.client(user)
    third = sockets.stranger()
    third.tell(("connect", {"token": sockets.moto.access_token(user)}))
    assert third.disconnects == [3504]
    assert not any(third.id in str(item) for item in sockets.stored())
    sockets.client()
