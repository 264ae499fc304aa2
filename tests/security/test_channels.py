"""Every command is sent with every channel name that belongs to someone else or only resembles a
channel: none of them delivers, stores or reveals anything."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gatehouse.flows.realtime.deliver import deliver
from gatehouse.realtime.delivery_queue import Wake
from harness.socket_harness import Client, SocketHarness
from harness.tables import items
from tests.security.conftest import app_token

SECRET = "a word for one person"
UNKNOWN, DENIED, NOT_AVAILABLE, BAD = 102, 103, 108, 3501

RECOVER: dict[str, Any] = {"recover": True, "offset": 0, "epoch": ""}
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "subscribe": ("subscribe", {}),
    "subscribe with recovery": ("subscribe", RECOVER),
    "subscribe with all of recovery or nothing": ("subscribe", {**RECOVER, "flag": 3}),
    "publish": ("publish", {"data": "spoken by a stranger"}),
    "history": ("history", {"limit": -1}),
    "history since": ("history", {"limit": 10, "since": {"offset": 0, "epoch": ""}}),
    "history reverse": ("history", {"limit": 10, "reverse": True}),
    "presence": ("presence", {}),
    "presence_stats": ("presence_stats", {}),
    "sub_refresh": ("sub_refresh", {"token": "any"}),
}
"""The commands by purpose: the method, and its parameters besides the channel."""

Name = Callable[[str], str]
FOREIGN: dict[str, Name] = {
    "theirs": lambda user: f"user:{user}",
    "one character more": lambda user: f"user:{user}0",
    "one character less": lambda user: f"user:{user[:-1]}",
    "another case of the id": lambda _: "user:" + "A" * 32,
    "a part behind": lambda user: f"user:{user}:x",
    "a dot behind": lambda user: f"user:{user}.x",
    "a part before": lambda user: f"user:x:{user}",
    "user:1": lambda _: "user:1",
    "user:10": lambda _: "user:10",
}
"""Names that the rule for personal channels covers. Each is made from the victim's user ID."""

LOOK_ALIKE: dict[str, Name] = {
    "case": lambda user: f"User:{user}",
    "upper case": lambda user: f"USER:{user}",
    "wildcard": lambda _: "user:*",
    "wildcard for rooms": lambda _: "room:*",
    "only a wildcard": lambda _: "*",
    "question mark": lambda user: f"user:{user[:-1]}?",
    "percent": lambda _: "user:%",
    "dots": lambda _: "user:..",
    "path": lambda user: f"room:../user:{user}",
    "encoded path": lambda user: f"room:%2e%2e%2fuser%3a{user}",
    "slash": lambda user: f"user/{user}",
    "backslash": lambda user: f"room:\\user:{user}",
    "only the prefix": lambda _: "user:",
    "two colons": lambda user: f"user::{user}",
    "colon in front": lambda user: f":user:{user}",
    "colon behind": lambda user: f"user:{user}:",
    "trailing space": lambda user: f"user:{user} ",
    "leading space": lambda user: f" user:{user}",
    "trailing newline": lambda user: f"user:{user}\n",
    "carriage return": lambda user: f"user:{user}\r",
    "tab": lambda user: f"user:\t{user}",
    "two lines": lambda user: f"room:1\nuser:{user}",
    "no-break space": lambda user: f"user:{user}\u00a0",
    "zero-width space": lambda user: f"user:\u200b{user}",
    "zero-width joiner": lambda user: f"us\u200der:{user}",
    "byte order mark": lambda user: f"\ufeffuser:{user}",
    "right-to-left override": lambda user: f"\u202euser:{user}",
    "soft hyphen": lambda user: f"us\u00ader:{user}",
    "Cyrillic e": lambda user: f"us\u0435r:{user}",
    "Kelvin sign": lambda _: "room:\u212a",
    "full width": lambda user: f"\uff55\uff53\uff45\uff52:{user}",
    "full-width colon": lambda user: f"user\uff1a{user}",
    "ratio for a colon": lambda user: f"user\u2236{user}",
    "long s": lambda user: f"u\u017fer:{user}",
    "combining accent": lambda user: f"use\u0301r:{user}",
    "other digits": lambda _: "user:\u0661\u0660",
    "emoji": lambda _: "room:\U0001f511",
    "separator of keys": lambda user: f"user:{user}#STREAM",
    "key of a stream": lambda _: "CHANNEL#0#STREAM",
    "key of a user": lambda user: f"USER#{user}",
    "Centrifugo's personal channel": lambda user: f"#{user}",
    "Centrifugo's user-limited channel": lambda user: f"room:1#{user}",
    "Centrifugo's private channel": lambda user: f"$user:{user}",
    "bar": lambda user: f"user:{user}|0",
    "expression": lambda _: "attribute_exists(pk)",
    "quote": lambda user: f"user:{user}'",
    "JSON": lambda user: f'user:{user}","x":"',
    "256 characters": lambda _: "room:" + "x" * 251,
    "10 KB": lambda user: f"user:{user}" + "0" * 10_000,
    "10 KB of emoji": lambda _: "room:" + "\U0001f511" * 2_500,
    "no rule": lambda _: "lobby",
    "proto": lambda _: "__proto__",
}
"""Names that no rule covers, but that a reader or a parser may mistake for one that a rule does."""

NOT_THE_PROTOCOL: dict[str, object] = {
    "empty": "",
    "NUL": "user:\0",
    "NUL behind": "room:1\0",
    "lone surrogate": "room:\ud800",
    "number": 1,
    "list": ["room:1"],
    "object": {"$ne": ""},
    "object of DynamoDB": {"S": "room:1"},
    "true": True,
}
"""Values that are not a channel name at all. Each ends the connection."""


@dataclass
class Attack:
    """A victim with a private publication, and an attacker who is signed in."""

    sockets: SocketHarness
    victim: str
    theirs: Client
    attacker: Client

    def __post_init__(self) -> None:
        self._before = rows(self.sockets)

    def refusal(self, command: str, channel: object) -> int:
        """Sends a command as the attacker. Returns the code of the error reply."""
        method, params = COMMANDS[command]
        return self.attacker.error(method, channel=channel, **params)

    def check_nothing_came_of_it(self) -> None:
        assert rows(self.sockets) == self._before
        assert self.sockets.wakes() == []
        assert self.theirs.publications == [SECRET]
        assert self.attacker.publications == []
        assert SECRET not in str(self.attacker.received)


def rows(sockets: SocketHarness) -> list[dict[str, Any]]:
    """Returns all rows of the table, without the counters that every command changes."""
    counts = ("done_id", "spent", "window")
    entries = items(sockets.moto.dynamodb, "RealtimeTable")
    contents = [{name: row[name] for name in row if name not in counts} for row in entries]
    return sorted(contents, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))


def say(sockets: SocketHarness, channel: str, data: object) -> None:
    """Publishes as the server does, without checking the channel's rule."""
    pub = json.dumps({"data": data})
    position = sockets.backend.realtime.streams.append(
        channel, pub, now=sockets.moto.clock.now(), life=3_600
    )
    deliver(sockets.backend, Wake(channel, 0, position.epoch, position.offset))


@pytest.fixture(scope="module")
def victim(shared_sockets: SocketHarness) -> Iterator[tuple[str, Client]]:
    """A user who received a publication on their personal channel, and still receives new ones."""
    user = shared_sockets.moto.user()
    theirs = shared_sockets.client(user)
    say(shared_sockets, f"user:{user.id}", SECRET)
    yield user.id, theirs
    say(shared_sockets, f"user:{user.id}", "next")
    assert theirs.publications == [SECRET, "next"]


@pytest.fixture(scope="module")
def token(shared_sockets: SocketHarness) -> str:
    """The attacker's access token, shared by all tests because creating a session is slow."""
    return shared_sockets.moto.access_token(shared_sockets.moto.user())


@pytest.fixture
def attack(
    shared_sockets: SocketHarness, victim: tuple[str, Client], token: str
) -> Iterator[Attack]:
    attacker = shared_sockets.stranger()
    attacker.connect(token=token)
    yield Attack(shared_sockets, *victim, attacker)
    attacker.leave()


def expected(command: str, code: int) -> int:
    """Returns the code to expect. `sub_refresh` is never available on a channel without tokens."""
    return NOT_AVAILABLE if command == "sub_refresh" and code == DENIED else code


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("command", COMMANDS)
def test_foreign_channel_is_closed(attack: Attack, command: str, name: str) -> None:
    code = attack.refusal(command, FOREIGN[name](attack.victim))
    assert code == expected(command, DENIED)
    attack.check_nothing_came_of_it()


@pytest.mark.parametrize("name", LOOK_ALIKE)
@pytest.mark.parametrize("command", COMMANDS)
def test_look_alike_name_is_no_channel(attack: Attack, command: str, name: str) -> None:
    assert attack.refusal(command, LOOK_ALIKE[name](attack.victim)) == UNKNOWN
    attack.check_nothing_came_of_it()


@pytest.mark.parametrize("name", NOT_THE_PROTOCOL)
@pytest.mark.parametrize("command", [*COMMANDS, "unsubscribe"])
def test_what_is_no_name_ends_the_connection(attack: Attack, command: str, name: str) -> None:
    method, params = COMMANDS.get(command, (command, {}))
    attack.attacker.tell((method, {"channel": NOT_THE_PROTOCOL[name], **params}))
    assert attack.attacker.disconnects == [BAD]
    assert not any(attack.attacker.id in str(row) for row in attack.sockets.stored())


@pytest.mark.parametrize("name", [*FOREIGN, *LOOK_ALIKE])
def test_unsubscribe_takes_nobody_else_out(attack: Attack, name: str) -> None:
    channel = (FOREIGN | LOOK_ALIKE)[name](attack.victim)
    assert attack.attacker.result("unsubscribe", channel=channel) == {}
    attack.check_nothing_came_of_it()


def test_position_in_a_foreign_channel_at_connect_brings_nothing(
    attack: Attack, token: str
) -> None:
    subs = {f"user:{attack.victim}": RECOVER, "room:1": RECOVER, "user:*": RECOVER}
    reply = attack.sockets.stranger().result("connect", token=token, subs=subs)
    own = attack.sockets.backend.keys.verify_access(token).user_id
    assert list(reply["subs"]) == [f"user:{own}"]
    assert SECRET not in str(reply)


@pytest.mark.parametrize("claims", [{}, {"channel": "any"}], ids=["connection", "subscription"])
def test_token_opens_no_channel_that_takes_none(attack: Attack, claims: dict[str, str]) -> None:
    channel = f"user:{attack.victim}"
    token = app_token(attack.victim, **(claims and {"channel": channel}))
    assert attack.attacker.error("subscribe", channel=channel, token=token) == DENIED
    attack.check_nothing_came_of_it()


@pytest.mark.parametrize("command", ["history", "presence", "presence_stats"])
def test_what_a_rule_does_not_offer_is_nobodys(attack: Attack, command: str) -> None:
    assert attack.refusal(command, "typing:1") == DENIED


def test_personal_channel_takes_no_word_of_its_owner(attack: Attack) -> None:
    channel = f"user:{attack.victim}"
    assert attack.theirs.error("publish", channel=channel, data="forged") == DENIED
    attack.check_nothing_came_of_it()


# User IDs that an app chooses can be any text.


@pytest.mark.parametrize(
    ("attacker", "victim"),
    [("1", "10"), ("10", "1"), ("ada", "Ada"), ("1", "1.0"), ("a:b", "b"), ("", "ada")],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_user_of_an_app_whose_name_is_like_anothers(
    shared_sockets: SocketHarness, command: str, attacker: str, victim: str
) -> None:
    theirs, stranger = shared_sockets.stranger(), shared_sockets.stranger()
    theirs.connect(token=app_token(victim))
    stranger.connect(token=app_token(attacker))
    say(shared_sockets, f"user:{victim}", SECRET)
    attack = Attack(shared_sockets, victim, theirs, stranger)
    assert attack.refusal(command, f"user:{victim}") == expected(command, DENIED)
    attack.check_nothing_came_of_it()
    theirs.leave()
    stranger.leave()


@pytest.mark.parametrize("name", ["*", "..", "a#b", "a|b", "a b", "\u212a", "a\nb", "x" * 255])
def test_user_of_an_app_whose_name_is_no_part_of_a_channel_has_none(
    shared_sockets: SocketHarness, name: str
) -> None:
    client = shared_sockets.stranger()
    assert client.connect(token=app_token(name))["connect"]["subs"] == {}
    assert client.result("publish", channel="room:1", data=1) == {}
    client.leave()
