"""Open sockets on which somebody has proved who they are, and where a user's sockets are found."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gatehouse.aws import ConditionFailed, ConnectionGone
from gatehouse.errors import LimitExceeded
from gatehouse.stores import item_keys
from gatehouse.stores.table import EXISTS, IS_NEW, Item, Table, unmarshal, when

GRACE = 25
"""Seconds after its token's end in which a connection may still bring a new one."""

LIFE = 7_800
"""Seconds after which DynamoDB may drop what belongs to a connection: the WebSocket API closes
every connection after two hours; ten minutes more are for clocks and stragglers."""

SLOTS = 8
"""Parts that the connections fall into; one of them is pinged each minute."""

BY_SLOT = "connections-by-slot"

_ALIVE = "attribute_exists(#pk) AND attribute_not_exists(#dead)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One open socket and the session that it belongs to."""

    id: str
    """As the WebSocket API names it."""
    client: str
    """As other clients see it: the gateway's id would let its holder post to the connection."""
    user_id: str
    session_id: str
    expires_at: int
    """The end of its access token."""
    ttl: int
    channels: frozenset[str]
    done_id: int = 0
    """The last command that was carried out; command ids are contiguous on a connection."""
    dead: bool = False
    """About to be removed; nothing may be added to it."""

    def is_expired(self, now: int) -> bool:
        return now >= self.expires_at + GRACE


class Connections:
    """The connections of the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def announce(self, connection: Connection) -> None:
        """Makes a connection known to whoever looks for the sockets of its user."""
        key = item_keys.connection_of_user(connection.user_id, connection.id)
        self._table.put(
            {
                **key,
                "connection": connection.id,
                "sid": connection.session_id,
                "exp": connection.expires_at,
                "ttl": connection.ttl,
            }
        )

    def open(self, connection: Connection) -> bool:
        """Writes a connection, if it is new; False where it was open before."""
        try:
            self._table.put(_to_item(connection), IS_NEW)
        except ConditionFailed:
            # A retry of our own write, after its answer was lost, meets itself.
            found = self.get(connection.id)
            return found is not None and found.client == connection.client
        return True

    def get(self, connection_id: str) -> Connection | None:
        item = self._table.get(item_keys.connection(connection_id))
        return _from_item(item) if item else None

    def join(self, connection_id: str, channel: str, *, limit: int) -> Connection:
        """Notes that the connection is in a channel; doing it twice changes nothing.

        Raises:
            LimitExceeded: it is in ``limit`` others.
            ConnectionGone: it is closed or being closed.
        """
        room = "attribute_not_exists(#subscriptions) OR contains(#subscriptions, :channel)"
        try:
            item = self._table.update(
                item_keys.connection(connection_id),
                when("ADD #subscriptions :channels", channels={channel}),
                when(
                    f"{_ALIVE} AND ({room} OR size(#subscriptions) < :limit)",
                    channel=channel,
                    limit=limit,
                ),
                old=True,
            )
        except ConditionFailed as failed:
            old = unmarshal(failed.old) if failed.old else {"dead": True}
            raise ConnectionGone if "dead" in old else LimitExceeded from None
        return _from_item(item)

    def leave(self, connection_id: str, channel: str) -> None:
        """Notes that the connection is in a channel no more."""
        change = when("DELETE #subscriptions :channels", channels={channel})
        try:
            self._table.update(item_keys.connection(connection_id), change, EXISTS)
        except ConditionFailed:
            return

    def extend(self, connection: Connection, expires_at: int) -> Connection:
        """Gives the connection the life of a new token.

        Raises:
            ConnectionGone: it is closed or being closed.
        """
        change = when("SET #exp = :exp", exp=expires_at)
        of_user = item_keys.connection_of_user(connection.user_id, connection.id)
        try:
            item = self._table.update(item_keys.connection(connection.id), change, when(_ALIVE))
            self._table.update(of_user, change, EXISTS)
        except ConditionFailed:
            raise ConnectionGone from None
        return _from_item(item)

    def bury(self, connection_id: str) -> Connection | None:
        """Marks a connection as dead, so that nothing is added to it; None where there is none."""
        change = when("SET #dead = :yes", yes=True)
        try:
            item = self._table.update(item_keys.connection(connection_id), change, EXISTS)
        except ConditionFailed:
            return None
        return _from_item(item)

    def retract(self, connection: Connection) -> None:
        """Takes ``announce`` back."""
        self._table.delete(item_keys.connection_of_user(connection.user_id, connection.id))

    def remove(self, connection: Connection) -> None:
        """Removes what is known of a connection; the connection itself goes last."""
        self.retract(connection)
        self._table.delete(item_keys.connection(connection.id))

    def of_session(self, user_id: str, session_id: str) -> list[str]:
        """The ids of a session's connections, with those that are just being opened."""
        key = item_keys.connection_of_user(user_id, "any")
        mine = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        rows = self._table.query(("pk", key["pk"]), sort=mine)
        return [row["connection"] for row in rows if row["sid"] == session_id]

    def in_slot(self, slot: int) -> Iterator[str]:
        """The ids of the connections in one of the ``SLOTS``."""
        for item in self._table.query(("slot", str(slot)), index=BY_SLOT, only=("pk",)):
            yield item_keys.connection_id(item)


def slot_of(connection_id: str) -> int:
    """The slot of a connection, the same in every process."""
    return zlib.crc32(connection_id.encode()) % SLOTS


def _to_item(connection: Connection) -> Item:
    return {
        **item_keys.connection(connection.id),
        "connection": connection.id,
        "client": connection.client,
        "user": connection.user_id,
        "sid": connection.session_id,
        "exp": connection.expires_at,
        # DynamoDB has no empty sets.
        "subscriptions": connection.channels or None,
        "done_id": connection.done_id,
        "slot": str(slot_of(connection.id)),
        "ttl": connection.ttl,
    }


def _from_item(item: dict[str, Any]) -> Connection:
    return Connection(
        id=item["connection"],
        client=item["client"],
        user_id=item["user"],
        session_id=item["sid"],
        expires_at=item["exp"],
        ttl=item["ttl"],
        channels=frozenset(item.get("subscriptions", ())),
        done_id=item["done_id"],
        dead="dead" in item,
    )
