"""The publications of a channel: a log with gapless offsets from 1, under an epoch.

The stream's item is the source of truth for the latest offset. It never expires, because offsets
must not restart while any client remembers one. Publications do expire.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from gatehouse.aws import ConditionFailed
from gatehouse.errors import Unavailable
from gatehouse.identity import new_id
from gatehouse.stores import item_keys
from gatehouse.stores.table import IS_NEW, Item, Table, unmarshal, when

LINGER = 3_600
"""Minimum seconds for which an expired publication stays stored. Until then, a publisher that
stalled cannot take the same offset a second time."""

LAST = 2**53
"""No offset is higher. JavaScript's integers end there."""

ATTEMPTS = 100
"""Offsets that a publisher tries before it gives up."""


class Position(NamedTuple):
    """How far a stream goes."""

    epoch: str
    """Created with the stream. An offset has a meaning only under its epoch."""
    offset: int
    """Offset of the latest publication. 0 if there is none."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One entry of the log."""

    offset: int
    pub: str
    """A JSON object with ``data`` and ``info``, as text."""

    def as_json(self) -> dict[str, Any]:
        return {"offset": self.offset, **json.loads(self.pub)}


class Streams:
    """The streams and logs of the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def position(self, channel: str) -> Position:
        """Returns the position of the latest publication. Creates the stream if there is none."""
        key = item_keys.stream(channel)
        item = self._table.get(key)
        if item is None:
            item = {**key, "channel": channel, "epoch": new_id()[:8], "top": 0}
            try:
                self._table.put(item, IS_NEW, old=True)
            except ConditionFailed as failed:
                item = unmarshal(failed.old or {})
        return Position(item["epoch"], item["top"])

    def append(self, channel: str, pub: str, *, now: int, life: int) -> Position:
        """Appends a publication and returns its position.

        The publication is in the log before the stream advances to it. A publisher that finds the
        offset taken advances the stream on the winner's behalf and tries the next one. So a
        publisher that dies leaves no gap, and no publisher waits for another.

        Args:
            pub: a JSON object with ``data`` and ``info``, as text.
            life: seconds after which the publication expires.

        Raises:
            Unavailable: other publishers took each of the ``ATTEMPTS`` offsets first.
        """
        name = new_id()
        position = self.position(channel)
        for _ in range(ATTEMPTS):
            offset = position.offset + 1
            mine = self._put(channel, offset, pub, name=name, now=now, life=life)
            position = self._advance(channel, position.epoch, offset)
            if mine:
                return Position(position.epoch, offset)
        raise Unavailable(f"other publishers took {ATTEMPTS} offsets first")

    def read(self, channel: str, after: int, until: int, *, now: int) -> list[Publication]:
        """Returns the unexpired publications from ``after`` (exclusive) to ``until`` (inclusive).

        They are in the order of their offsets.
        """
        return list(self._between(channel, after + 1, until, now=now)) if until > after else []

    def page(
        self, channel: str, first: int, last: int, *, now: int, limit: int, newest_first: bool
    ) -> list[Publication]:
        """Returns up to ``limit`` unexpired publications between two offsets, both inclusive.

        The page starts at ``last`` if ``newest_first``, else at ``first``.
        """
        if last < first:
            return []
        publications = self._between(
            channel, first, last, now=now, at_once=limit, newest_first=newest_first
        )
        return list(islice(publications, limit))

    def latest(self, channel: str, *, now: int, limit: int) -> list[Publication]:
        """Returns up to ``limit`` of the latest unexpired publications, newest first.

        Unlike ``position``, it creates no stream.
        """
        return self.page(channel, 1, LAST, now=now, limit=limit, newest_first=True)

    def remove(self, channel: str, most: int) -> bool:
        """Deletes up to ``most`` publications of a channel, then its stream and its cursors.

        Only for a channel that no client will join again: offsets would restart.

        Returns whether nothing is left.
        """
        log, stream = item_keys.publication(channel, LAST), item_keys.stream(channel)
        return all(self._table.delete_all(("pk", key["pk"]), most=most) for key in (log, stream))

    def _between(
        self,
        channel: str,
        first: int,
        last: int,
        *,
        now: int,
        at_once: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Publication]:
        low, high = (item_keys.publication(channel, offset) for offset in (first, last))
        between = when("#sk BETWEEN :low AND :high", low=low["sk"], high=high["sk"])
        items = self._table.query(
            ("pk", low["pk"]), sort=between, newest_first=newest_first, at_once=at_once
        )
        return (
            Publication(int(item["sk"]), item["pub"]) for item in items if item["expires_at"] > now
        )

    def _put(self, channel: str, offset: int, pub: str, *, name: str, now: int, life: int) -> bool:
        """Takes an offset for a publication. Returns False if another publisher has it."""
        item: Item = {
            **item_keys.publication(channel, offset),
            "pub": pub,
            "name": name,
            "expires_at": now + life,
            "ttl": now + life + LINGER,
        }
        # A retry after a lost response finds its own earlier write.
        free = when("attribute_not_exists(#pk) OR #name = :name", name=name)
        try:
            self._table.put(item, free)
        except ConditionFailed:
            return False
        return True

    def _advance(self, channel: str, epoch: str, offset: int) -> Position:
        """Advances the stream to ``offset`` if it is one behind. Returns its current position."""
        try:
            item = self._table.update(
                item_keys.stream(channel),
                when("SET #top = :offset", offset=offset),
                when("#top = :before", before=offset - 1),
                old=True,
            )
        except ConditionFailed as failed:
            if failed.old is None:
                raise Unavailable("the stream no longer exists") from failed
            item = unmarshal(failed.old)
        return Position(epoch, item["top"])


def are_whole(publications: Sequence[Publication], after: int, until: int) -> bool:
    """Whether no publication from ``after`` (exclusive) to ``until`` (inclusive) is missing."""
    return len(publications) == max(0, until - after)
