"""What was published in a channel: a log with offsets from 1, without a gap, under an epoch.

The stream's own item is the truth about how far the log goes, and never expires: offsets may not
start again while anybody remembers one. The publications do expire.
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
"""Seconds for which an expired publication stays at least. Until then its offset cannot be taken
twice, by a publisher that stalled between its writes."""

ATTEMPTS = 100
"""Offsets that a publisher tries while others take them."""


class Position(NamedTuple):
    """How far a stream goes."""

    epoch: str
    """Made with the stream: an offset means something under its own epoch only."""
    offset: int
    """Of the latest publication; 0 where there is none."""


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
        """How far the stream goes; a stream that is asked for begins."""
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
        """Puts a publication behind the latest one; its position.

        It is in the log before the stream tells of it, and whoever finds it there first tells. So
        no publisher that dies leaves a gap, and none waits for another.

        Raises:
            Unavailable: others were always faster.
        """
        name = new_id()
        position = self.position(channel)
        for _ in range(ATTEMPTS):
            offset = position.offset + 1
            mine = self._put(channel, offset, pub, name=name, now=now, life=life)
            position = self._advance(channel, position.epoch, offset)
            if mine:
                return Position(position.epoch, offset)
        raise Unavailable(f"{ATTEMPTS} offsets were taken by others")

    def read(self, channel: str, after: int, until: int, *, now: int) -> list[Publication]:
        """The publications from ``after`` (without it) to ``until`` (with it) that did not expire,
        in the order of their offsets."""
        return list(self._between(channel, after + 1, until, now=now)) if until > after else []

    def page(
        self, channel: str, first: int, last: int, *, now: int, limit: int, newest_first: bool
    ) -> list[Publication]:
        """At most ``limit`` of the publications from ``first`` to ``last``, from one end."""
        if last < first:
            return []
        publications = self._between(
            channel, first, last, now=now, at_once=limit, newest_first=newest_first
        )
        return list(islice(publications, limit))

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
        """Takes an offset, if it is free; whether it is ours."""
        item: Item = {
            **item_keys.publication(channel, offset),
            "pub": pub,
            "name": name,
            "expires_at": now + life,
            "ttl": now + life + LINGER,
        }
        # A retry of our own write, after its answer was lost, meets itself.
        free = when("attribute_not_exists(#pk) OR #name = :name", name=name)
        try:
            self._table.put(item, free)
        except ConditionFailed:
            return False
        return True

    def _advance(self, channel: str, epoch: str, offset: int) -> Position:
        """Lets the stream tell of an offset, unless it does; how far it goes now."""
        try:
            item = self._table.update(
                item_keys.stream(channel),
                when("SET #top = :offset", offset=offset),
                when("#top = :before", before=offset - 1),
                old=True,
            )
        except ConditionFailed as failed:
            if failed.old is None:
                raise Unavailable("the stream is gone") from failed
            item = unmarshal(failed.old)
        return Position(epoch, item["top"])


def are_whole(publications: Sequence[Publication], after: int, until: int) -> bool:
    """Whether the publications from ``after`` (without it) to ``until`` are all there."""
    return len(publications) == max(0, until - after)
