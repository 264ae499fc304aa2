"""The rules of channels: which names there are, and who may do what with them.

One table, read from the top: the first rule whose pattern covers a name decides, and a name that
no pattern covers does not exist.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gatehouse.errors import UnknownChannel

MAX_NAME = 255
"""Characters of a channel's name, as with Centrifugo's ``channel.max_length``."""

MAX_CHANNELS = 100
"""Channels that one connection may join, besides its personal one."""

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
    """A prefix that ends with ``:``, and a ``*`` for the rest; a name never ends with ``:``."""
    subscribe: Who
    publish: Who
    presence: Who

    def covers(self, channel: str) -> bool:
        return channel.startswith(self.pattern[:-1])

    def may_subscribe(self, channel: str, user_id: str) -> bool:
        return self.subscribe(self._rest(channel), user_id)

    def may_publish(self, channel: str, user_id: str) -> bool:
        return self.publish(self._rest(channel), user_id)

    def may_see_presence(self, channel: str, user_id: str) -> bool:
        return self.presence(self._rest(channel), user_id)

    def _rest(self, channel: str) -> str:
        return channel[len(self.pattern) - 1 :]


RULES = (
    Rule(pattern="room:*", subscribe=anyone, publish=anyone, presence=anyone),
    Rule(pattern="user:*", subscribe=owner, publish=nobody, presence=owner),
)


def rule_for(channel: str) -> Rule:
    """The rule that decides about a channel.

    Raises:
        UnknownChannel: there is none, or the name is not well-formed.
    """
    if len(channel) <= MAX_NAME and _NAME.fullmatch(channel):
        for rule in RULES:
            if rule.covers(channel):
                return rule
    raise UnknownChannel


def personal(user_id: str) -> str:
    """The channel of one user, which every connection of theirs joins by itself."""
    return f"user:{user_id}"
