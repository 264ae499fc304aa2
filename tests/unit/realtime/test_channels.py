"""Who may do what in which channel."""

import pytest

from gatehouse.errors import UnknownChannel
from gatehouse.realtime.channels import MAX_NAME, RULES, personal, rule_for

ANN, BOB = "a" * 32, "b" * 32

# channel, asked by Ann: subscribe, publish, see presence
TRUTH = [
    ("room:1", True, True, True),
    ("room:team.general", True, True, True),
    ("room:a:b", True, True, True),
    ("room:user", True, True, True),
    (f"user:{ANN}", True, False, True),
    (f"user:{BOB}", False, False, False),
    (f"user:{ANN}0", False, False, False),
    (f"user:{ANN[:-1]}", False, False, False),
    (f"user:{ANN.upper()}", False, False, False),
    (f"user:{ANN}:{ANN}", False, False, False),
    ("user:a", False, False, False),
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


@pytest.mark.parametrize(("channel", "subscribe", "publish", "presence"), TRUTH)
def test_rule_decides_what_a_user_may_do(
    channel: str, subscribe: bool, publish: bool, presence: bool
) -> None:
    rule = rule_for(channel)
    decided = (
        rule.may_subscribe(channel, ANN),
        rule.may_publish(channel, ANN),
        rule.may_see_presence(channel, ANN),
    )
    assert decided == (subscribe, publish, presence)


@pytest.mark.parametrize("channel", UNLISTED)
def test_a_name_that_no_rule_covers_is_unknown(channel: str) -> None:
    with pytest.raises(UnknownChannel):
        rule_for(channel)


def test_the_longest_name_is_known() -> None:
    assert rule_for("room:" + "x" * (MAX_NAME - 5))


def test_a_longer_name_is_unknown() -> None:
    with pytest.raises(UnknownChannel):
        rule_for("room:" + "x" * (MAX_NAME - 4))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.pattern)
def test_nobody_who_is_not_known_may_do_anything(rule: object) -> None:
    channel = rule.pattern.replace("*", "1")  # type: ignore[attr-defined]
    assert not rule_for(channel).may_subscribe(channel, "")
    assert not rule_for(channel).may_publish(channel, "")


def test_the_personal_channel_is_the_users_own() -> None:
    channel = personal(ANN)
    assert rule_for(channel).may_subscribe(channel, ANN)
    assert not rule_for(channel).may_subscribe(channel, BOB)
