"""Channel rules: which names exist, who may use them for what, and how much history they have.

One table, read from the top: the first rule whose pattern covers a name decides, and a name that
no pattern covers does not exist. ``RULES`` at the end is the table that an operator edits.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from gatehouse.errors import UnknownChannel

MAX_NAME = 255
"""Characters of a channel name, the default of Centrifugo's ``channel.max_length``."""

HOUR, DAY = 3_600, 86_400
"""Seconds."""

Who = Callable[[str, str], bool]
"""Decides whether a user may, from the part of the name that matches the ``*`` and the user ID."""

# No wildcard, no empty segment, and ASCII only: no letter of another alphabet imitates a name.
_NAME = re.compile(r"[A-Za-z0-9_-]+([.:][A-Za-z0-9_-]+)*")


def anyone(_: str, user_id: str) -> bool:
    """Allows every user that is signed in."""
    return bool(user_id)


def owner(rest: str, user_id: str) -> bool:
    """Allows the user whose ID is the part of the name that matches the ``*``."""
    return rest == user_id


def nobody(_: str, __: str) -> bool:
    """Allows no client, only the server itself."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the table. What a rule does not allow is refused."""

    pattern: str
    """A prefix, and a ``*`` for the rest of the name, which is never empty."""
    subscribe: Who = nobody
    """Who may subscribe, unless ``token`` is set."""
    publish: Who = nobody
    """Who may publish."""
    presence: Who = nobody
    """Who may see which clients are in the channel."""
    history: Who = nobody
    """Who may read the history. An ephemeral channel has none."""
    history_size: int = 100
    """How many of the latest publications are available as history and for recovery."""
    history_life: int = DAY
    """Seconds for which a publication is available."""
    join_leave: bool = False
    """Whether members receive presence events. Each join and leave costs a push to every member."""
    ephemeral: bool = False
    """Whether publications go straight to the present members, without storage, order or recovery.
    For typing indicators and cursors."""
    token: bool = False
    """Whether a client needs a subscription token, which then replaces ``subscribe``."""
    shards: int = 1
    """Parts that the members are divided into, each with a separate delivery. Must not change once
    a channel is in use."""

    def __post_init__(self) -> None:
        if not self.pattern.endswith("*") or "*" in self.pattern[:-1]:
            raise ValueError(f"{self.pattern!r} is not a prefix with a * at its end")
        if min(self.history_size, self.history_life, self.shards) < 1:
            raise ValueError(f"{self.pattern!r} has history_size, history_life or shards below 1")

    def covers(self, channel: str) -> bool:
        return channel.startswith(self.pattern[:-1]) and len(channel) >= len(self.pattern)

    def may_subscribe(self, channel: str, user_id: str) -> bool:
        return self.subscribe(self._rest(channel), user_id)

    def may_publish(self, channel: str, user_id: str) -> bool:
        return self.publish(self._rest(channel), user_id)

    def may_see_presence(self, channel: str, user_id: str) -> bool:
        return self.presence(self._rest(channel), user_id)

    def may_read_history(self, channel: str, user_id: str) -> bool:
        return not self.ephemeral and self.history(self._rest(channel), user_id)

    def shard_of(self, connection_id: str) -> int:
        """Returns the shard that a connection belongs to, the same in every process."""
        return zlib.crc32(connection_id.encode()) % self.shards

    def _rest(self, channel: str) -> str:
        return channel[len(self.pattern) - 1 :]


@dataclass(frozen=True, slots=True)
class Rules:
    """A table of channel rules."""

    lines: tuple[Rule, ...]
    personal_prefix: str = "user:"
    """The prefix of a user's personal channel, before the user ID."""
    names: re.Pattern[str] = _NAME
    """The pattern that a channel name must match in full."""

    def of(self, channel: str) -> Rule:
        """Returns the rule for a channel.

        Raises:
            UnknownChannel: no rule covers the channel, or its name is malformed.
        """
        if len(channel) <= MAX_NAME and self.names.fullmatch(channel):
            for rule in self.lines:
                if rule.covers(channel):
                    return rule
        raise UnknownChannel

    def know(self, channel: str) -> bool:
        """Returns whether a rule covers the channel."""
        try:
            self.of(channel)
        except UnknownChannel:
            return False
        return True

    def personal(self, user_id: str) -> str:
        """Returns the personal channel of a user, which each of the user's connections joins."""
        return f"{self.personal_prefix}{user_id}"


RULES = Rules(
    (
        Rule(
            pattern="room:*",
            subscribe=anyone,
            publish=anyone,
            presence=anyone,
            history=anyone,
            history_size=300,
            join_leave=True,
        ),
        Rule(pattern="typing:*", subscribe=anyone, publish=anyone, ephemeral=True),
        Rule(pattern="user:*", subscribe=owner, presence=owner, history=owner),
    )
)
