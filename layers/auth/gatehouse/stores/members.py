"""The members of channels.

A member is pending until its client has the reply to ``subscribe``, so that no live publication
overtakes the reply. A delivery that finds a pending member records which publications it missed,
and the join sends them.
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
    """Unique to this join: joining again creates another member."""
    expires_at: int | None
    """When the connection's token expires, in seconds since 1970. None if it never does."""
    ttl: int
    subscription_end: int | None = None
    """When the subscription token expires. None if there is none or it never does."""
    conn_info: object = None
    chan_info: object = None
    since: int = 0
    """The client has the publications up to this offset, or does not want them."""
    pending: bool = True
    missed: int = 0
    """Offset of the last publication missed while the member was pending."""

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and now >= self.expires_at + GRACE

    def is_over(self, now: int) -> bool:
        """Whether its subscription token expired more than the grace period ago."""
        return self.subscription_end is not None and now >= self.subscription_end + GRACE

    def is_present(self, now: int) -> bool:
        """Whether other clients see the member and it receives publications."""
        return not (self.pending or self.is_expired(now) or self.is_over(now))


class Members:
    """The members of channels in the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, member: Member) -> bool:
        """Stores a pending member, replacing an earlier one. Returns whether there was one."""
        return self._table.put(_to_item(member)) is not None

    def activate(self, member: Member, since: int) -> int | None:
        """Activates a pending member, so that it receives the publications after ``since``.

        Returns:
            0 if the member is active. Otherwise the offset of the last publication that it missed
            and must receive first. None if the member was removed or replaced.
        """
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
        """Records that a pending member missed publications up to ``offset``.

        Returns:
            The member as it is now. None if it was removed or replaced.
        """
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
        """Extends an existing member to the expiry of its connection's new token."""
        self._set(item_keys.member(channel, shard, connection_id), assignment("exp", expires_at))

    def extend_subscription(
        self, channel: str, shard: int, connection_id: str, end: int | None
    ) -> bool:
        """Extends a member to the expiry of a new subscription token. Returns whether it exists."""
        return self._set(
            item_keys.member(channel, shard, connection_id), assignment("sub_exp", end)
        )

    def get(self, channel: str, shard: int, connection_id: str) -> Member | None:
        item = self._table.get(item_keys.member(channel, shard, connection_id))
        return _from_item(item, channel, shard) if item else None

    def remove(self, channel: str, shard: int, connection_id: str) -> Member | None:
        """Removes a member. Returns the removed member, or None if there was none."""
        item = self._table.delete(item_keys.member(channel, shard, connection_id))
        return _from_item(item, channel, shard) if item else None

    def remove_this(self, member: Member) -> None:
        """Removes a member, unless its connection has joined again."""
        try:
            self._table.delete(_key(member), when("#token = :token", token=member.token))
        except ConditionFailed:
            return

    def of(self, channel: str, shard: int) -> Iterator[Member]:
        """Yields every member of one shard, whatever its state."""
        key = item_keys.member(channel, shard, "any")
        for item in self._table.query(("pk", key["pk"])):
            yield _from_item(item, channel, shard)

    def present(self, channel: str, shards: int, now: int) -> list[Member]:
        """Returns the members of a channel that other clients see."""
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
    """Creates the member for a connection that is joining a channel."""
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
    """Returns the stored member that failed the condition, unless it is from another join."""
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
