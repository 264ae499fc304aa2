"""The rules of channels: which names there are, who may do what with them, and what is kept.

One table, read from the top: the first rule whose pattern covers a name decides, and a name that
no pattern covers does not exist. ``RULES`` at the end is the table that an operator edits.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from gatehouse.errors import UnknownChannel

MAX_NAME = 255
"""Characters of a channel's name, as with Centrifugo's ``channel.max_length``."""

HOUR, DAY = 3_600, 86_400
"""Seconds."""

Who = Callable[[str, str], bool]
"""Decides by what stands for the ``*`` of the pattern, and by the id of the user who asks."""

# No wildcard, no separator twice, nothing beyond ASCII: two names that look alike are one name.
_NAME = re.compile(r"[A-Za-z0-9_-]+([.:][A-Za-z0-9_-]+)*")


def anyone(_: str, user_id: str) -> bool:
    """Every user who is signed in."""
    return bool(user_id)


def owner(rest: str, user_id: str) -> bool:
    """The user whose id the name ends with."""
    return rest == user_id


def nobody(_: str, __: str) -> bool:
    """No client; only the server itself."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the table."""

    pattern: str
    """A prefix, and a ``*`` for the rest."""
    subscribe: Who = nobody
    publish: Who = nobody
    presence: Who = nobody
    history: Who = nobody
    history_size: int = 100
    """The latest publications that are given out as history and for recovery."""
    history_life: int = DAY
    """Seconds for which a publication is given out."""
    join_leave: bool = False
    """Whether members are told of who comes and goes; each costs a push to every one of them."""
    ephemeral: bool = False
    """Sent straight to who is there (typing, cursors): not kept, not ordered, not recovered."""
    token: bool = False
    """Whether a subscription token is needed; it takes the place of ``subscribe``."""
    shards: int = 1
    """Parts of the members, each with a delivery of its own. Fixed once a channel is in use."""

    def __post_init__(self) -> None:
        if not self.pattern.endswith("*") or "*" in self.pattern[:-1]:
            raise ValueError(f"{self.pattern!r} is not a prefix with a * at its end")
        if min(self.history_size, self.history_life, self.shards) < 1:
            raise ValueError(f"{self.pattern!r} has a size, life or number of shards below one")

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
        """The part of the members that a connection belongs to, the same in every process."""
        return zlib.crc32(connection_id.encode()) % self.shards

    def _rest(self, channel: str) -> str:
        return channel[len(self.pattern) - 1 :]


@dataclass(frozen=True, slots=True)
class Rules:
    """A table of rules."""

    lines: tuple[Rule, ...]
    personal_prefix: str = "user:"
    """What stands before a user's id in the name of the channel that is theirs alone."""
    names: re.Pattern[str] = _NAME
    """What a name has to look like."""

    def of(self, channel: str) -> Rule:
        """The rule that decides about a channel.

        Raises:
            UnknownChannel: there is none, or the name is not well-formed.
        """
        if len(channel) <= MAX_NAME and self.names.fullmatch(channel):
            for rule in self.lines:
                if rule.covers(channel):
                    return rule
        raise UnknownChannel

    def know(self, channel: str) -> bool:
        """Whether there is a rule for the channel."""
        try:
            self.of(channel)
        except UnknownChannel:
            return False
        return True

    def personal(self, user_id: str) -> str:
        """The channel of one user, which every connection of theirs joins by itself."""
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
