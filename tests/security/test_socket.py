"""Attacks on the socket: strange pages, borrowed names, sessions that are over, dead ends, floods.

Tokens are in test_tokens.py, names of channels in test_channels.py, frames in
test_socket_frames.py.
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
from tests.security.conftest import watched_hall
from tests.support.house import NEW_PASSWORD, House
from tests.support.sockets import Client, Hall, connect_event
from tests.support.world import PASSWORD, World

FORBIDDEN = {"statusCode": 403}
PUBLISH = ("publish", {"channel": "typing:1", "data": 1})

# Strange pages.

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
def test_evil_origin_is_refused(hall: Hall, name: str) -> None:
    assert hall.socket(connect_event(Origin=EVIL_ORIGINS[name]), None) == FORBIDDEN
    assert hall.stored() == []
    assert hall.checks() == []


@pytest.mark.parametrize("name", ["origin", "ORIGIN", "oRiGiN"])
def test_evil_origin_in_another_case_of_the_header_is_refused(hall: Hall, name: str) -> None:
    assert hall.socket(connect_event(**{name: "https://evil.example"}), None) == FORBIDDEN


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Referer", "Sec-WebSocket-Origin", "Host"])
def test_evil_origin_is_not_made_good_by_another_header(hall: Hall, name: str) -> None:
    headers = {"Origin": "https://evil.example", name: "https://app.example.com"}
    assert hall.socket(connect_event(**headers), None) == FORBIDDEN


# Nobody.


@pytest.mark.parametrize("params", [{}, {"token": ""}, {"token": None}, {"data": {"token": "x"}}])
def test_no_token_ends_the_connection(hall: Hall, params: dict[str, Any]) -> None:
    client = hall.stranger()
    client.tell(("connect", params))
    assert (client.replies, client.disconnects) == ([], [3501])
    assert client.is_closed
    assert hall.stored() == []


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
def test_no_token_and_another_command_first_ends_the_connection(hall: Hall, method: str) -> None:
    member, stranger = hall.member("room:1"), hall.stranger()
    stranger.tell((method, COMMANDS[method]))
    assert (stranger.replies, stranger.disconnects) == ([], [3501])
    assert member.publications == []


def test_no_token_and_nothing_said_ends_the_connection_in_time(hall: Hall) -> None:
    hall.socket(connect_event(), None)
    ((check, delay),) = hall.checks()
    assert (check.first, delay) == (True, 15)


def test_bad_token_beside_other_commands_lets_none_of_them_through(hall: Hall) -> None:
    member, stranger = hall.member("room:1"), hall.stranger()
    stranger.tell(("connect", {"token": "garbage"}), *COMMANDS.items())
    assert (stranger.replies, stranger.disconnects) == ([], [3500])
    assert member.publications == []


# Borrowed names.

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
def test_spoofed_sender_of_a_publication_is_ignored(hall: Hall, name: str, channel: str) -> None:
    spoofed = SPOOFED if name == "all of them" else {name: SPOOFED[name]}
    member, sender, user = hall.member(channel), hall.stranger(), hall.world.user()
    client = sender.connect(user)["connect"]["client"]
    assert sender.result("publish", channel=channel, data=1, **spoofed) == {}
    (pub,) = member.pushes("pub")
    assert pub.pop("offset", None) == (1 if channel == "room:1" else None)
    assert pub == {"data": 1, "info": {"user": user.id, "client": client}}


@pytest.mark.parametrize("method", ["connect", "subscribe"])
def test_spoofed_member_is_known_by_its_own_name(hall: Hall, method: str) -> None:
    user, client = hall.world.user(), hall.stranger()
    told: dict[str, Any] = SPOOFED if method == "connect" else {}
    token = hall.world.access_token(user)
    name = client.result("connect", token=token, **told, data=SPOOFED, name="forged")["client"]
    subscription = {} if method == "connect" else SPOOFED | {"offset": 0}
    watcher = hall.member("room:1")
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
def test_spoofed_push_within_a_publication_stays_within(hall: Hall, data: object) -> None:
    member = hall.member("room:1")
    before = len(member.received)
    hall.client().result("publish", channel="room:1", data=data)
    assert len(member.received) == before + 1
    assert (member.publications, member.disconnects) == ([data], [])


# Tokens that end while the connection is there.


def test_token_that_expired_meanwhile_lets_nothing_out(hall: Hall) -> None:
    member = hall.member("room:1")
    hall.world.clock.advance(ACCESS_LIFE + GRACE)
    hall.client().result("publish", channel="room:1", data=1)
    assert (member.publications, member.disconnects) == ([], [3005])
    assert not any(member.id in str(item) for item in hall.stored())


@pytest.mark.parametrize("method", COMMANDS)
def test_token_that_expired_meanwhile_lets_nothing_in(hall: Hall, method: str) -> None:
    client = hall.client()
    hall.world.clock.advance(ACCESS_LIFE + GRACE)
    witness = hall.member("room:1")
    client.tell((method, COMMANDS[method]))
    assert (len(client.replies), client.disconnects) == (1, [3005])
    assert witness.publications == []


def test_token_that_expired_meanwhile_ends_a_silent_connection(hall: Hall) -> None:
    client = hall.member("room:1")
    hall.world.clock.advance(ACCESS_LIFE + GRACE)
    ping_connections(hall.backend, slot_of(client.id))
    assert client.disconnects == [3005]
    assert hall.stored() == []


# Sessions that end while the connection is there.


def _log_out(house: House, user: User, refresh: str) -> None:
    assert house.ask("POST", "/logout", {"refresh_token": refresh}).status == 204


def _end_all(house: House, user: User, _: str) -> None:
    other = house.world.access_token(user)
    assert house.ask("DELETE", "/sessions", token=other).status == 204


def _end_others(house: House, user: User, _: str) -> None:
    other = house.world.access_token(user)
    assert house.ask("DELETE", "/sessions?keep=current", token=other).status == 204


def _change_password(house: House, user: User, _: str) -> None:
    other = house.world.access_token(user)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert house.ask("PUT", "/password", body, token=other).status == 204


def _reset_password(house: House, user: User, _: str) -> None:
    assert house.ask("POST", "/passwords/forgot", {"email": user.email}).status == 202
    body = {"token": house.mailed_token("reset_password"), "password": NEW_PASSWORD}
    assert house.ask("POST", "/passwords/reset", body).status == 204


def _delete_account(house: House, user: User, _: str) -> None:
    other = house.world.access_token(user)
    assert house.ask("DELETE", "/profile", {"password": PASSWORD}, token=other).status == 204


def _replay_refresh_token(house: House, user: User, refresh: str) -> None:
    body = {"refresh_token": refresh}
    assert house.ask("POST", "/sessions/refresh", body).status == 200
    house.world.clock.advance(31)
    assert house.ask("POST", "/sessions/refresh", body).status == 400


ENDS: dict[str, Callable[[House, User, str], None]] = {
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
    hall: Hall, end: str, reachable: bool
) -> None:
    house = House(hall.world, hall.world.backend, hall.api)
    user = hall.world.user()
    tokens = hall.world.sign_in(user)
    thief, witness = hall.stranger(), hall.member("room:1")
    thief.connect(token=tokens.access_token)
    thief.result("subscribe", channel="room:1")
    if not reachable:
        hall.api.failing.add(thief.id)
    ENDS[end](house, user, tokens.refresh_token)
    assert (thief.disconnects, thief.is_closed) == (([3503], True) if reachable else ([], False))
    # Though nobody closed it, or before somebody could.
    hall.api.failing.clear()
    hall.api.gone.discard(thief.id)
    heard = len(thief.received)
    witness.result("publish", channel="room:1", data="out")
    assert len(thief.received) == heard
    thief.tell(("publish", {"channel": "room:1", "data": "in"}))
    assert witness.publications == ["out"]
    assert not [each for each in thief.received[heard:] if "id" in each]
    thief.tell(("connect", {"token": tokens.access_token}))
    assert not [each for each in thief.received[heard:] if "connect" in each]


@pytest.mark.parametrize("end", ["revoked", "disabled"])
def test_revoked_before_it_connects_opens_nothing(hall: Hall, end: str) -> None:
    user, client = hall.world.user(), hall.stranger()
    token = hall.world.access_token(user)
    if end == "revoked":
        hall.backend.accounts.sessions.revoke(
            user.id, hall.backend.keys.verify_access(token).session_id
        )
    else:
        hall.world.disable(user)
    client.tell(("connect", {"token": token}))
    assert (client.replies, client.disconnects) == ([], [3500])
    assert hall.stored() == []


# Dead sockets.


def _by_delivery(hall: Hall, _: Client) -> None:
    hall.client().result("publish", channel="room:1", data=1)


def _by_reply(_: Hall, client: Client) -> None:
    client.tell(("presence", {"channel": "room:1"}))


def _by_ping(hall: Hall, _: Client) -> None:
    for minute in range(SLOTS):
        ping_connections(hall.backend, minute)


def _by_end_of_session(hall: Hall, client: Client) -> None:
    from gatehouse.flows.accounts.end_sessions import end_sessions

    end_sessions(hall.backend, client.user_id)


@pytest.mark.parametrize("find", [_by_delivery, _by_reply, _by_ping, _by_end_of_session])
def test_dead_socket_is_cleaned_by_whoever_finds_it(
    hall: Hall, find: Callable[[Hall, Client], None]
) -> None:
    dead, lives = hall.member("room:1"), hall.member("room:1")
    hall.api.gone.add(dead.id)
    find(hall, dead)
    assert not any(dead.id in str(item) for item in hall.stored())
    assert len(lives.pushes("leave")) == 1
    assert lives.result("presence_stats", channel="room:1")["num_clients"] == 1


def test_storm_of_reconnects_loses_nothing(hall: Hall) -> None:
    speaker, user = hall.client(), hall.world.user()
    token = hall.world.access_token(user)
    heard: list[int] = []
    position: dict[str, Any] = {}
    for number in range(16):
        client = hall.stranger()
        client.connect(token=token)
        reply = client.result("subscribe", channel="room:1", **position)
        assert number == 0 or reply["recovered"]
        heard += [pub["data"] for pub in reply.get("publications", ())]
        speaker.result("publish", channel="room:1", data=2 * number)
        heard += client.publications
        offset = client.offsets[-1]
        position = {"recover": True, "epoch": reply["epoch"], "offset": offset}
        # Every other one is not told of.
        client.leave() if number % 2 else hall.api.gone.add(client.id)
        speaker.result("publish", channel="room:1", data=2 * number + 1)
    assert heard == list(range(31))
    assert not any(client.id in str(item) for item in hall.stored())


# Floods.


def flooding(hall: Hall) -> Client:
    """A client that has sent as much as one may."""
    client = hall.member("typing:1")
    while (left := MAX_SPENT - _spent(hall, client)) > 0:
        client.tell(*[("rpc", {"method": "time"})] * min(left, 300))
    return client


def _spent(hall: Hall, client: Client) -> int:
    connection = hall.backend.realtime.connections.get(client.id)
    assert connection
    return connection.spent


def test_flood_of_commands_is_refused_and_not_carried_out(hall: Hall) -> None:
    client = flooding(hall)
    client.tell(PUBLISH)
    assert (client.replies[-1]["error"]["code"], client.publications) == (111, [])
    assert client.replies[-1]["error"]["temporary"]


def test_flood_within_one_frame_is_refused_from_the_limit_on(hall: Hall) -> None:
    client = hall.client()
    lines = (f'{{"id":{n},"rpc":{{"method":"time"}}}}' for n in range(2, MAX_SPENT + 51))
    replies = client.send("\n".join(lines))
    # The one before was connect.
    carried_out, refused = replies[: MAX_SPENT - 1], replies[MAX_SPENT - 1 :]
    assert all("rpc" in reply for reply in carried_out)
    assert [reply["error"]["code"] for reply in refused] == [111] * 50


def test_flood_does_not_keep_anybody_from_leaving_a_channel(hall: Hall) -> None:
    assert flooding(hall).result("unsubscribe", channel="typing:1") == {}


def test_flood_of_one_is_no_matter_to_others(hall: Hall) -> None:
    flooding(hall)
    assert hall.client().result("publish", channel="typing:1", data=1) == {}


def test_flood_of_broadcasts_to_a_large_room_is_dropped_and_replies_are_not(world: World) -> None:
    settings = replace(world.backend.settings, broadcast_budget=20)
    small = replace(world, backend=replace(world.backend, settings=settings))
    with watched_hall(Hall(small)) as hall:
        room = [hall.member("typing:1") for _ in range(8)]
        flooding, quiet = hall.client(), hall.member("room:1")
        flooding.tell(*[PUBLISH] * 100)
        assert sum(len(client.publications) for client in room) == 16
        assert [reply.get("publish") for reply in flooding.replies[1:]] == [{}] * 100
        # What must not be lost is not of this budget.
        assert flooding.result("publish", channel="room:1", data="kept") == {}
        assert quiet.publications == ["kept"]


def test_flood_is_forgotten_after_its_window(hall: Hall) -> None:
    client = flooding(hall)
    hall.world.clock.advance(WINDOW)
    client.tell(PUBLISH)
    assert client.publications == [1]


def test_frames_far_ahead_of_their_turn_end_the_connection(hall: Hall) -> None:
    client = hall.client()
    client.send(f'{{"id":{MAX_BACKLOG + 2},"rpc":{{"method":"time"}}}}')
    assert client.disconnects == [3013]
    assert hall.waits == []


def test_one_user_cannot_hold_connections_without_end(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "MAX_CONNECTIONS", 2)
    user = hall.world.user()
    hall.client(user)
    hall.client(user)
    third = hall.stranger()
    third.tell(("connect", {"token": hall.world.access_token(user)}))
    assert third.disconnects == [3504]
    assert not any(third.id in str(item) for item in hall.stored())
    hall.client()
