"""How far the members of a channel were served: one cursor for each shard.

``claim`` is set before the members are read, ``done`` after they were served. So a client that
becomes a member and then reads ``claim`` knows what a delivery that did not see it will not bring.
Cursors never expire, and every write compares what was read: a delivery that was overtaken changes
nothing.
"""

from typing import NamedTuple

from gatehouse.aws import ConditionFailed
from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Item, Table, unmarshal, when

_UNCHANGED = "#claim = :was_claim AND #done = :was_done"


class Cursor(NamedTuple):
    """Offsets of one shard."""

    claim: int
    """Up to here publications were served or are being served."""
    done: int
    """Up to here they were served."""


class Cursors:
    """The cursors of the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, channel: str, shard: int) -> Cursor | None:
        item = self._table.get(item_keys.cursor(channel, shard), only=("claim", "done"))
        return Cursor(item["claim"], item["done"]) if item else None

    def begin(self, channel: str, shard: int, offset: int) -> Cursor:
        """Makes the cursor at an offset, unless there is one; the cursor.

        Args:
            offset: read before, while there was no cursor. Nobody was a member then, so nobody is
                owed what came until there.
        """
        item: Item = {**item_keys.cursor(channel, shard), "claim": offset, "done": offset}
        try:
            self._table.put(item, IS_NEW, old=True)
        except ConditionFailed as failed:
            item = unmarshal(failed.old or {})
        return Cursor(item["claim"], item["done"])

    def claim(self, channel: str, shard: int, cursor: Cursor, offset: int) -> bool:
        """Announces that the publications up to ``offset`` are being served; False if the cursor
        is not what it was."""
        return self._set(channel, shard, cursor, Cursor(offset, cursor.done))

    def finish(self, channel: str, shard: int, cursor: Cursor) -> bool:
        """Notes that all that was claimed is served; False if the cursor is not what it was."""
        return self._set(channel, shard, cursor, Cursor(cursor.claim, cursor.claim))

    def _set(self, channel: str, shard: int, was: Cursor, becomes: Cursor) -> bool:
        try:
            self._table.update(
                item_keys.cursor(channel, shard),
                when("SET #claim = :claim, #done = :done", claim=becomes.claim, done=becomes.done),
                when(_UNCHANGED, was_claim=was.claim, was_done=was.done),
                old=True,
            )
        except ConditionFailed as failed:
            # A retry of our own write, after its answer was lost, meets itself.
            old = unmarshal(failed.old or {})
            return (old.get("claim"), old.get("done")) == (becomes.claim, becomes.done)
        return True
