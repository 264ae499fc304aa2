"""Which user may do what in which channel."""

from typing import Any

import pytest

from gatehouse.errors import UnknownChannel
from gatehouse.realtime.channels import MAX_NAME, RULES, Rule, anyone

ANN, BOB = "a" * 32, "b" * 32

# Channel, and whether Ann may subscribe, publish, see the presence, read the history.
TRUTH = [
    ("room:1", True, True, True, True),
    ("room:team.general", True, True, True, True),
    ("room:a:b", True, True, True, True),
    ("room:user", True, True, True, True),
    (f"user:{ANN}", True, False, True, True),
    (f"user:{BOB}", False, False, False, False),
    (f"user:{ANN}0", False, False, False, False),
    (f"user:{ANN[:-1]}", False, False, False, False),
    (f"user:{ANN.upper()}", False, False, False, False),
    (f"user:{ANN}:{ANN}", False, False, False, False),
    ("typing:1", True, True, False, False),
    ("user:a", False, False, False, False),
]

UNLISTED = [
    "",
    "room",
    "room:",
    "rooms:1",
    "Room:1",
    "ROOM:1",
    "xroom:1",
    " room:1",
    "room:1 ",
    "room:1\n",
    "\nroom:1",
    "room:*",
    "room:..",
    "room:.",
    "room:a..b",
    "room:a.",
    "room::1",
    "room:1:",
    "room:1/../2",
    "room:\u0661",
    "room:é",
    "r\u043eom:1",
    "room\uff1a1",
    "room:a\u200bb",
    "room:\0",
    "room:a#b",
    "room:a,b",
    "user",
    "user:",
    "user:*",
    f"User:{ANN}",
    f"#{ANN}",
    f"$user:{ANN}",
    "*",
    "**",
    "*:*",
    "lobby",
]


@pytest.mark.parametrize(("channel", "subscribe", "publish", "presence", "history"), TRUTH)
def test_rule_decides_what_a_user_may_do(
    channel: str, subscribe: bool, publish: bool, presence: bool, history: bool
) -> None:
    rule = RULES.of(channel)
    decided = (
        rule.may_subscribe(channel, ANN),
        rule.may_publish(channel, ANN),
        rule.may_see_presence(channel, ANN),
        rule.may_read_history(channel, ANN),
    )
    assert decided == (subscribe, publish, presence, history)


@pytest.mark.parametrize("channel", UNLISTED)
def test_a_name_that_no_rule_covers_is_unknown(channel: str) -> None:
    with pytest.raises(UnknownChannel):
        RULES.of(channel)


def test_the_longest_name_is_known() -> None:
    assert RULES.of("room:" + "x" * (MAX_NAME - 5))


def test_a_longer_name_is_unknown() -> None:
    with pytest.raises(UnknownChannel):
        RULES.of("room:" + "x" * (MAX_NAME - 4))


@pytest.mark.parametrize("rule", RULES.lines, ids=lambda rule: rule.pattern)
def test_nobody_who_is_not_known_may_do_anything(rule: object) -> None:
    channel = rule.pattern.replace("*", "1")  # type: ignore[attr-defined]
    assert not RULES.of(channel).may_subscribe(channel, "")
    assert not RULES.of(channel).may_publish(channel, "")


def test_the_personal_channel_is_the_users_own() -> None:
    channel = RULES.personal(ANN)
    assert RULES.of(channel).may_subscribe(channel, ANN)
    assert not RULES.of(channel).may_subscribe(channel, BOB)


def test_knowing_is_having_a_rule() -> None:
    assert RULES.know("room:1")
    assert not RULES.know("lobby")


@pytest.mark.parametrize(
    "fields",
    [
        {"pattern": "room:"},
        {"pattern": "*:room"},
        {"pattern": "room:**"},
        {"pattern": "room:*", "shards": 0},
        {"pattern": "room:*", "history_size": 0},
        {"pattern": "room:*", "history_life": 0},
    ],
)
def test_rule_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"room"):
        Rule(**fields)


def test_what_is_not_stated_is_not_allowed() -> None:
    rule = Rule(pattern="news:*")
    decided = (
        rule.may_subscribe("news:1", ANN),
        rule.may_publish("news:1", ANN),
        rule.may_see_presence("news:1", ANN),
        rule.may_read_history("news:1", ANN),
    )
    assert decided == (False, False, False, False)


def test_ephemeral_channel_has_no_history() -> None:
    rule = Rule(pattern="typing:*", history=anyone, ephemeral=True)
    assert not rule.may_read_history("typing:1", ANN)


def test_every_shard_gets_its_part_of_the_connections() -> None:
    rule = Rule(pattern="news:*", shards=4)
    shards = [rule.shard_of(f"connection{number}=") for number in range(100)]
    assert {shards.count(shard) > 10 for shard in range(4)} == {True}
    assert rule.shard_of("L0SM9cOFvHcCIhw=") == 2
