"""Who is in a channel.

A member is pending until the client has the answer to its ``subscribe``: live publications may not
overtake it. A delivery that meets a pending member notes what it missed, and the join brings it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gatehouse.aws import ConditionFailed
from gatehouse.stores import item_keys
from gatehouse.stores.connections import GRACE, Connection, from_text, to_text
from gatehouse.stores.table import EXISTS, Condition, Item, Key, Table, assignment, unmarshal, when


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One connection in one channel."""

    channel: str
    shard: int
    connection_id: str
    client: str
    user_id: str
    token: str
    """Of this one join: whoever joins again is another member."""
    expires_at: int | None
    """The end of the connection's token; None where it has none."""
    ttl: int
    subscription_end: int | None = None
    """The end of the subscription's own token, where it came with one."""
    conn_info: object = None
    chan_info: object = None
    since: int = 0
    """The client has what came until this offset, or does not want it."""
    pending: bool = True
    missed: int = 0
    """Up to this offset publications passed by while the member was pending."""

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and now >= self.expires_at + GRACE

    def is_over(self, now: int) -> bool:
        """Whether its subscription token has ended."""
        return self.subscription_end is not None and now >= self.subscription_end + GRACE

    def is_present(self, now: int) -> bool:
        """Whether others see it, and it gets anything."""
        return not (self.pending or self.is_expired(now) or self.is_over(now))


class Members:
    """The members of channels in the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, member: Member) -> bool:
        """Adds a pending member in the place of whatever was there; whether there was something."""
        return self._table.put(_to_item(member)) is not None

    def activate(self, member: Member, since: int) -> int | None:
        """Lets a pending member get what comes after ``since``; 0, or the offset up to which
        something passed by that it has to get before. None where it was removed or replaced."""
        try:
            self._table.update(
                _key(member),
                when("SET #since = :since REMOVE #pending, #missed", since=since),
                when(
                    "#token = :token AND (attribute_not_exists(#missed) OR #missed <= :since)",
                    token=member.token,
                ),
                old=True,
            )
        except ConditionFailed as failed:
            current = _met(failed, member)
            if current is None:
                return None
            return current.missed if current.pending else 0
        return 0

    def note_missed(self, member: Member, offset: int) -> Member | None:
        """Notes on a pending member that publications up to ``offset`` passed by; the member as it
        is now, None where it was removed or replaced."""
        try:
            item = self._table.update(
                _key(member),
                when("SET #missed = :offset", offset=offset),
                when(
                    "#token = :token AND attribute_exists(#pending)"
                    " AND (attribute_not_exists(#missed) OR #missed < :offset)",
                    token=member.token,
                ),
                old=True,
            )
        except ConditionFailed as failed:
            return _met(failed, member)
        return _from_item(item, member.channel, member.shard)

    def extend(self, channel: str, shard: int, connection_id: str, expires_at: int | None) -> None:
        """Gives a member the life of its connection's new token; nobody becomes one by it."""
        self._set(item_keys.member(channel, shard, connection_id), assignment("exp", expires_at))

    def extend_subscription(
        self, channel: str, shard: int, connection_id: str, end: int | None
    ) -> bool:
        """Gives a member the life of a new subscription token; whether there is such a member."""
        return self._set(
            item_keys.member(channel, shard, connection_id), assignment("sub_exp", end)
        )

    def get(self, channel: str, shard: int, connection_id: str) -> Member | None:
        item = self._table.get(item_keys.member(channel, shard, connection_id))
        return _from_item(item, channel, shard) if item else None

    def remove(self, channel: str, shard: int, connection_id: str) -> Member | None:
        """Removes the member; what it was."""
        item = self._table.delete(item_keys.member(channel, shard, connection_id))
        return _from_item(item, channel, shard) if item else None

    def remove_this(self, member: Member) -> None:
        """Removes the member unless it has joined again."""
        try:
            self._table.delete(_key(member), when("#token = :token", token=member.token))
        except ConditionFailed:
            return

    def of(self, channel: str, shard: int) -> Iterator[Member]:
        """Every member of one shard, whatever its state."""
        key = item_keys.member(channel, shard, "any")
        for item in self._table.query(("pk", key["pk"])):
            yield _from_item(item, channel, shard)

    def present(self, channel: str, shards: int, now: int) -> list[Member]:
        """The members of a channel that others see."""
        everybody = (member for shard in range(shards) for member in self.of(channel, shard))
        return [member for member in everybody if member.is_present(now)]

    def _set(self, key: Key, change: Condition) -> bool:
        try:
            self._table.update(key, change, EXISTS)
        except ConditionFailed:
            return False
        return True


def new_member(
    connection: Connection, channel: str, shard: int, *, token: str, **more: Any
) -> Member:
    """A connection that is joining a channel."""
    return Member(
        channel=channel,
        shard=shard,
        connection_id=connection.id,
        client=connection.client,
        user_id=connection.user_id,
        expires_at=connection.expires_at,
        ttl=connection.ttl,
        conn_info=connection.info,
        token=token,
        **more,
    )


def _key(member: Member) -> Key:
    return item_keys.member(member.channel, member.shard, member.connection_id)


def _met(failed: ConditionFailed, member: Member) -> Member | None:
    """The member that a condition met, if it is the one that was meant."""
    if failed.old is None:
        return None
    current = _from_item(unmarshal(failed.old), member.channel, member.shard)
    return current if current.token == member.token else None


def _to_item(member: Member) -> Item:
    return {
        **_key(member),
        "connection": member.connection_id,
        "client": member.client,
        "user": member.user_id,
        "conn_info": to_text(member.conn_info),
        "chan_info": to_text(member.chan_info),
        "token": member.token,
        "exp": member.expires_at,
        "sub_exp": member.subscription_end,
        "since": member.since,
        "pending": True if member.pending else None,
        "missed": member.missed or None,
        "ttl": member.ttl,
    }


def _from_item(item: Item, channel: str, shard: int) -> Member:
    return Member(
        channel=channel,
        shard=shard,
        connection_id=item["connection"],
        client=item["client"],
        user_id=item["user"],
        conn_info=from_text(item.get("conn_info")),
        chan_info=from_text(item.get("chan_info")),
        token=item["token"],
        expires_at=item.get("exp"),
        subscription_end=item.get("sub_exp"),
        since=item["since"],
        pending="pending" in item,
        missed=item.get("missed", 0),
        ttl=item["ttl"],
    )
