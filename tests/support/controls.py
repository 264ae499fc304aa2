"""Removes one part of the mechanism at a time: a check that does not notice is worth nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from greenlet import getcurrent

from gatehouse.flows.realtime import deliver, join, unsubscribe
from gatehouse.stores.connections import Connection, Connections
from gatehouse.stores.cursors import Cursor, Cursors
from gatehouse.stores.members import Member, Members
from gatehouse.stores.table import EXISTS, Table, when

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Control:
    """A part to remove, and what a check must find without it."""

    take_away: Patch
    network: str
    """Name of the network on which the part matters most."""
    expected: frozenset[str]
    """Kinds of findings. At least one of them must occur."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            self.take_away(patch)
            yield


def _claim_after_reading(patch: pytest.MonkeyPatch) -> None:
    """A delivery reads the members first."""
    claim, of, members = Cursors.claim, Members.of, {}

    def late(self: Cursors, channel: str, shard: int, cursor: Cursor, offset: int) -> bool:
        members[getcurrent()] = list(of(Members(self._table), channel, shard))
        return claim(self, channel, shard, cursor, offset)

    def stale(self: Members, channel: str, shard: int) -> Any:
        return members.pop(getcurrent(), None) or of(self, channel, shard)

    patch.setattr(Cursors, "claim", late)
    patch.setattr(Members, "of", stale)


def _no_condition_of_joins(patch: pytest.MonkeyPatch) -> None:
    """A member becomes active no matter what it missed."""

    def activate(self: Members, member: Member, since: int) -> int | None:
        key = {"pk": f"MEMBERS#{_hash(member)}#{member.shard}", "sk": member.connection_id}
        change = when("SET #since = :since REMOVE #pending, #missed", since=since)
        self._table.update(key, change, EXISTS)
        return 0

    patch.setattr(Members, "activate", activate)


def _no_check_of_offsets(patch: pytest.MonkeyPatch) -> None:
    """A range with holes is taken for whole."""
    for module in (join, deliver):
        patch.setattr(module, "are_whole", lambda *_: True)


def _no_comparison(patch: pytest.MonkeyPatch) -> None:
    """A delivery writes the cursor whatever it is now."""
    update = Table.update

    def blind(self: Table, key: Any, change: Any, condition: Any = None, **options: Any) -> Any:
        if condition is not None and ":was_claim" in condition.text:
            condition = None
        return update(self, key, change, condition, **options)

    patch.setattr(Table, "update", blind)


def _no_fence(patch: pytest.MonkeyPatch) -> None:
    """A frame that has lost the frame lock continues as if it held it."""
    update = Table.update

    def blind(self: Table, key: Any, change: Any, condition: Any = None, **options: Any) -> Any:
        if condition is not None and condition.text.endswith("#locked_by = :token"):
            condition = None
        return update(self, key, change, condition, **options)

    patch.setattr(Table, "update", blind)
    patch.setattr(Connections, "holds_lock", lambda *_: True)


def no_tombstone(patch: pytest.MonkeyPatch) -> None:
    """A connection is closed without being marked first."""

    def mark_closing(self: Connections, connection_id: str, **_: Any) -> Connection | None:
        return self.get(connection_id)

    patch.setattr(Connections, "mark_closing", mark_closing)


def _no_drain(patch: pytest.MonkeyPatch) -> None:
    """A client that leaves or joins again does not wait for the delivery that read it."""
    for module in (join, unsubscribe):
        patch.setattr(module, "drain", lambda *_: None)


def _hash(member: Member) -> str:
    from gatehouse.stores.item_keys import channel_hash

    return channel_hash(member.channel)


# The mark of a closing connection is not in this list: its absence only matters when a frame begins
# between two steps of the closing. test_tombstone.py forces that.
CONTROLS = {
    "claim first": Control(_claim_after_reading, "calm", frozenset({"lost"})),
    "condition of joins": Control(_no_condition_of_joins, "calm", frozenset({"lost"})),
    "check of offsets": Control(_no_check_of_offsets, "log expiry", frozenset({"lost"})),
    "comparison of cursors": Control(
        _no_comparison, "zombies", frozenset({"lost", "duplicate", "out of order"})
    ),
    "fence": Control(_no_fence, "slow frames", frozenset({"leaked", "ghost", "stuck", "deaf"})),
    "drain": Control(_no_drain, "slow deliveries", frozenset({"duplicate", "out of order"})),
}
"""By the part that is removed."""
