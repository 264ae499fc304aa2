"""Every command with every name of a channel that is not the sender's, or only looks like one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gatehouse.flows.realtime.deliver import deliver
from gatehouse.realtime.delivery_queue import Wake
from tests.security.conftest import app_token
from tests.support.sockets import Client, Hall
from tests.support.tables import items

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
"""By what they are for: the method, and what it says besides the channel."""

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
"""Names that the rule of personal channels covers, by the id of the person whose channel it is."""

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
"""Names that no rule covers, though some eye or parser may see another in them."""

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
"""What is no name at all ends the connection."""


@dataclass
class Scene:
    """A victim with something that is theirs alone, and an attacker who is signed in."""

    hall: Hall
    victim: str
    theirs: Client
    attacker: Client

    def __post_init__(self) -> None:
        self._before = rows(self.hall)

    def refusal(self, command: str, channel: object) -> int:
        """What a command of the attacker's comes to: the code of its error."""
        method, params = COMMANDS[command]
        return self.attacker.error(method, channel=channel, **params)

    def check_nothing_came_of_it(self) -> None:
        assert rows(self.hall) == self._before
        assert self.hall.wakes() == []
        assert self.theirs.publications == [SECRET]
        assert self.attacker.publications == []
        assert SECRET not in str(self.attacker.received)


def rows(hall: Hall) -> list[dict[str, Any]]:
    """All that is kept, but for the counts of what connections did."""
    counts = ("done_id", "spent", "window")
    found = items(hall.world.dynamodb, "RealtimeTable")
    kept = [{name: row[name] for name in row if name not in counts} for row in found]
    return sorted(kept, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))


def say(hall: Hall, channel: str, data: object) -> None:
    """Publishes as the server itself may."""
    pub = json.dumps({"data": data})
    position = hall.backend.realtime.streams.append(
        channel, pub, now=hall.world.clock.now(), life=3_600
    )
    deliver(hall.backend, Wake(channel, 0, position.epoch, position.offset))


@pytest.fixture(scope="module")
def victim(shared_hall: Hall) -> Iterator[tuple[str, Client]]:
    """Somebody in whose channel something was said, which they heard, and who hears what comes."""
    user = shared_hall.world.user()
    theirs = shared_hall.client(user)
    say(shared_hall, f"user:{user.id}", SECRET)
    yield user.id, theirs
    say(shared_hall, f"user:{user.id}", "next")
    assert theirs.publications == [SECRET, "next"]


@pytest.fixture(scope="module")
def token(shared_hall: Hall) -> str:
    """The attacker's: one for all tests, since sessions cost the simulation most."""
    return shared_hall.world.access_token(shared_hall.world.user())


@pytest.fixture
def scene(shared_hall: Hall, victim: tuple[str, Client], token: str) -> Iterator[Scene]:
    attacker = shared_hall.stranger()
    attacker.connect(token=token)
    yield Scene(shared_hall, *victim, attacker)
    attacker.leave()


def expected(command: str, code: int) -> int:
    """Subscriptions of channels without tokens cannot be refreshed, whoever asks."""
    return NOT_AVAILABLE if command == "sub_refresh" and code == DENIED else code


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("command", COMMANDS)
def test_foreign_channel_is_closed(scene: Scene, command: str, name: str) -> None:
    code = scene.refusal(command, FOREIGN[name](scene.victim))
    assert code == expected(command, DENIED)
    scene.check_nothing_came_of_it()


@pytest.mark.parametrize("name", LOOK_ALIKE)
@pytest.mark.parametrize("command", COMMANDS)
def test_look_alike_name_is_no_channel(scene: Scene, command: str, name: str) -> None:
    assert scene.refusal(command, LOOK_ALIKE[name](scene.victim)) == UNKNOWN
    scene.check_nothing_came_of_it()


@pytest.mark.parametrize("name", NOT_THE_PROTOCOL)
@pytest.mark.parametrize("command", [*COMMANDS, "unsubscribe"])
def test_what_is_no_name_ends_the_connection(scene: Scene, command: str, name: str) -> None:
    method, params = COMMANDS.get(command, (command, {}))
    scene.attacker.tell((method, {"channel": NOT_THE_PROTOCOL[name], **params}))
    assert scene.attacker.disconnects == [BAD]
    assert not any(scene.attacker.id in str(row) for row in scene.hall.stored())


@pytest.mark.parametrize("name", [*FOREIGN, *LOOK_ALIKE])
def test_unsubscribe_takes_nobody_else_out(scene: Scene, name: str) -> None:
    channel = (FOREIGN | LOOK_ALIKE)[name](scene.victim)
    assert scene.attacker.result("unsubscribe", channel=channel) == {}
    scene.check_nothing_came_of_it()


def test_position_in_a_foreign_channel_at_connect_brings_nothing(scene: Scene, token: str) -> None:
    subs = {f"user:{scene.victim}": RECOVER, "room:1": RECOVER, "user:*": RECOVER}
    reply = scene.hall.stranger().result("connect", token=token, subs=subs)
    own = scene.hall.backend.keys.verify_access(token).user_id
    assert list(reply["subs"]) == [f"user:{own}"]
    assert SECRET not in str(reply)


@pytest.mark.parametrize("claims", [{}, {"channel": "any"}], ids=["connection", "subscription"])
def test_token_opens_no_channel_that_takes_none(scene: Scene, claims: dict[str, str]) -> None:
    channel = f"user:{scene.victim}"
    token = app_token(scene.victim, **(claims and {"channel": channel}))
    assert scene.attacker.error("subscribe", channel=channel, token=token) == DENIED
    scene.check_nothing_came_of_it()


@pytest.mark.parametrize("command", ["history", "presence", "presence_stats"])
def test_what_a_rule_does_not_offer_is_nobodys(scene: Scene, command: str) -> None:
    assert scene.refusal(command, "typing:1") == DENIED


def test_personal_channel_takes_no_word_of_its_owner(scene: Scene) -> None:
    channel = f"user:{scene.victim}"
    assert scene.theirs.error("publish", channel=channel, data="forged") == DENIED
    scene.check_nothing_came_of_it()


# Users that an app names: their names can be any text.


@pytest.mark.parametrize(
    ("attacker", "victim"),
    [("1", "10"), ("10", "1"), ("ada", "Ada"), ("1", "1.0"), ("a:b", "b"), ("", "ada")],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_user_of_an_app_whose_name_is_like_anothers(
    shared_hall: Hall, command: str, attacker: str, victim: str
) -> None:
    theirs, stranger = shared_hall.stranger(), shared_hall.stranger()
    theirs.connect(token=app_token(victim))
    stranger.connect(token=app_token(attacker))
    say(shared_hall, f"user:{victim}", SECRET)
    scene = Scene(shared_hall, victim, theirs, stranger)
    assert scene.refusal(command, f"user:{victim}") == expected(command, DENIED)
    scene.check_nothing_came_of_it()
    theirs.leave()
    stranger.leave()


@pytest.mark.parametrize("name", ["*", "..", "a#b", "a|b", "a b", "\u212a", "a\nb", "x" * 255])
def test_user_of_an_app_whose_name_is_no_part_of_a_channel_has_none(
    shared_hall: Hall, name: str
) -> None:
    client = shared_hall.stranger()
    assert client.connect(token=app_token(name))["connect"]["subs"] == {}
    assert client.result("publish", channel="room:1", data=1) == {}
    client.leave()
