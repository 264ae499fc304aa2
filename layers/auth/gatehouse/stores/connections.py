"""Authenticated open sockets, and the index that finds a user's sockets.

API Gateway handles the frames of a connection concurrently. The frame lock (``acquire_lock``,
``release_lock``) lets one frame run at a time, in the order of their command IDs.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gatehouse import strict_json
from gatehouse.aws import ConditionFailed, ConnectionGone
from gatehouse.stores import item_keys
from gatehouse.stores.table import (
    EXISTS,
    IS_NEW,
    Condition,
    Item,
    Table,
    assignment,
    unmarshal,
    when,
)

GRACE = 25
"""Seconds after its token expires in which a connection may still send a new one."""

LIFE = 7_800
"""Seconds after which DynamoDB may delete a connection's items. The WebSocket API closes every
connection after two hours. Ten more minutes allow for clock differences and late requests."""

LEASE = 30
"""Seconds after which a frame that holds the lock counts as dead. Its function has timed out long
before that."""

SLOTS = 8
"""Groups that connections are divided into. One group is pinged each minute."""

BY_SLOT = "connections-by-slot"

_OPEN = "attribute_exists(#pk) AND attribute_not_exists(#closing)"
_LOCKED = f"{_OPEN} AND #locked_by = :token"
_FREE = f"{_OPEN} AND attribute_not_exists(#locked_by)"


@dataclass(frozen=True, slots=True)
class Opening:
    """A socket that is about to be authenticated, as its first frame knows it."""

    connection_id: str
    first_id: int
    """ID of the command that authenticates."""
    fencing_token: str
    """The fencing token with which the frame holds the lock."""
    channels: frozenset[str]
    """The channels that the same frame also subscribes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One open socket and the session that it belongs to."""

    id: str
    """ID that the WebSocket API gave the connection."""
    client: str
    """ID shown to other clients. The gateway's ID would let its holder post to the connection."""
    user_id: str
    session_id: str
    """Empty for a connection that was opened with one of the app's own tokens."""
    expires_at: int | None
    """When its token expires, in seconds since 1970. None if it never does."""
    ttl: int
    channels: frozenset[str]
    """Every channel it may be a member of. Extra entries are harmless, missing ones are not."""
    info: object = None
    """Information about the user that its token discloses to other clients."""
    done_id: int = 0
    """ID of the last command carried out. Command IDs are contiguous on a connection."""
    locked_by: str = ""
    """The fencing token of the frame that holds the lock. Empty if the lock is free."""
    locked_at: int = 0
    closing: bool = False
    """Whether the connection is about to be removed. Nothing may be added to it then."""
    window: int = 0
    """The time window that ``spent`` is counted in."""
    spent: int = 0
    """Commands carried out in the window."""

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and now >= self.expires_at + GRACE

    def is_lease_over(self, now: int) -> bool:
        """Whether the frame that holds the lock will never release it."""
        return bool(self.locked_by) and now - self.locked_at > LEASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a frame records on its connection when it releases the lock."""

    first_id: int
    last_id: int
    window: int
    spent: int
    left: frozenset[str] = frozenset()
    """Channels that the connection left or could not join."""


class Connections:
    """The connections of the realtime table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # Opening and closing.

    def index(self, connection: Connection) -> None:
        """Adds a connection to its user's index, so that ending the session finds it."""
        key = item_keys.connection_of_user(connection.user_id, connection.id)
        self._table.put(
            {
                **key,
                "connection": connection.id,
                "sid": connection.session_id,
                "ttl": connection.ttl,
            }
        )

    def open(self, connection: Connection) -> bool:
        """Stores a new connection. Returns False if it was already open."""
        try:
            self._table.put(_to_item(connection), IS_NEW, old=True)
        except ConditionFailed as failed:
            # A retry after a lost response finds its own earlier write.
            return unmarshal(failed.old or {}).get("client") == connection.client
        return True

    def get(self, connection_id: str) -> Connection | None:
        item = self._table.get(item_keys.connection(connection_id))
        return _from_item(item) if item else None

    def extend(self, connection: Connection, expires_at: int | None) -> Connection:
        """Extends the connection to the expiry of a new token.

        Raises:
            ConnectionGone: the connection is closed or closing, or the frame lost the lock.
        """
        locked = when(_LOCKED, token=connection.locked_by)
        try:
            return self._update(connection.id, assignment("exp", expires_at), locked)
        except ConditionFailed:
            raise ConnectionGone from None

    def mark_closing(
        self, connection_id: str, *, unless_changed: Connection | None = None
    ) -> Connection | None:
        """Marks a connection as closing, so that nothing is added to it.

        Args:
            unless_changed: do nothing if the lock changed since this connection was read.

        Returns:
            The connection. None if it does not exist or the lock changed.
        """
        condition = _lock_is_as_in(unless_changed) if unless_changed else EXISTS
        try:
            return self._update(connection_id, when("SET #closing = :yes", yes=True), condition)
        except ConditionFailed:
            return None

    def unindex(self, connection: Connection) -> None:
        """Removes a connection from its user's index."""
        self._table.delete(item_keys.connection_of_user(connection.user_id, connection.id))

    def remove(self, connection: Connection) -> None:
        """Deletes a connection's index entry, then the connection itself."""
        self.unindex(connection)
        self._table.delete(item_keys.connection(connection.id))

    # The frame lock.

    def acquire_lock(
        self,
        connection_id: str,
        first_id: int,
        *,
        fencing_token: str,
        now: int,
        channels: frozenset[str],
    ) -> Connection | None:
        """Locks the connection for a frame, if that frame is the next in order.

        Args:
            first_id: the ID of the frame's first command.
            fencing_token: a fresh unique value. Only the frame that holds the lock with it may
                change the connection.
            channels: the channels that the frame may join, recorded before it does.

        Returns:
            The connection as locked. None if it does not exist or is closing, another frame holds
            the lock, or ``first_id`` does not follow the last command carried out.
        """
        change = when("SET #locked_by = :token, #locked_at = :now", token=fencing_token, now=now)
        if channels:
            change = when(
                f"{change.text} ADD #subscriptions :joins", **change.values, joins=channels
            )
        # A retry after a lost response finds its own fencing token.
        free = when(
            f"{_OPEN} AND #done_id = :before"
            " AND (attribute_not_exists(#locked_by) OR #locked_by = :token)",
            before=first_id - 1,
        )
        try:
            return self._update(connection_id, change, free)
        except ConditionFailed:
            return None

    def holds_lock(self, connection: Connection) -> bool:
        """Whether the connection is open and locked by the same frame as when it was read."""
        current = self.get(connection.id)
        if current is None or current.closing:
            return False
        return current.locked_by == connection.locked_by

    def release_lock(self, connection: Connection, release: Release) -> None:
        """Releases the lock and records what the frame did, so that the next frame can run.

        Raises:
            ConnectionGone: the connection is closed or closing, or the frame lost the lock.
        """
        text = "SET #done_id = :last, #window = :window, #spent = :spent"
        values: dict[str, Any] = {
            "last": release.last_id,
            "window": release.window,
            "spent": release.spent,
        }
        if connection.locked_by:
            text += " REMOVE #locked_by, #locked_at"
        if release.left:
            text += " DELETE #subscriptions :left"
            values["left"] = release.left
        mine = when(_LOCKED, token=connection.locked_by)
        if not connection.locked_by:
            mine = when(f"{_FREE} AND #done_id = :before", before=release.first_id - 1)
        key = item_keys.connection(connection.id)
        try:
            self._table.update(key, when(text, **values), mine, old=True)
        except ConditionFailed as failed:
            # A retry after a lost response finds that its own earlier write took effect.
            old = unmarshal(failed.old) if failed.old else {"closing": True}
            if "closing" in old or old["done_id"] < release.last_id:
                raise ConnectionGone from None

    # Queries.

    def of_session(self, user_id: str, session_id: str) -> list[str]:
        """Returns the IDs of a session's connections, including those still being opened."""
        return [row["connection"] for row in self._of_user(user_id) if row["sid"] == session_id]

    def of_user(self, user_id: str) -> list[str]:
        """Returns the IDs of a user's connections, including those still being opened."""
        return [row["connection"] for row in self._of_user(user_id)]

    def of_sessions(self, user_id: str) -> list[tuple[str, str]]:
        """Returns each connection of a user's sessions with the ID of its session.

        Includes those still being opened, and not those of the app's own tokens.
        """
        rows = self._of_user(user_id)
        return [(row["connection"], row["sid"]) for row in rows if row["sid"]]

    def count(self, user_id: str) -> int:
        """Returns how many connections a user has, including those still being opened."""
        return len(list(self._of_user(user_id)))

    def in_slot(self, slot: int) -> Iterator[str]:
        """Yields the IDs of the connections in one of the ``SLOTS``."""
        for item in self._table.query(("slot", str(slot)), index=BY_SLOT, only=("pk",)):
            yield item_keys.connection_id(item)

    def _of_user(self, user_id: str) -> Iterator[Item]:
        key = item_keys.connection_of_user(user_id, "any")
        mine = when("begins_with(#sk, :start)", start=key["sk"].removesuffix("any"))
        return self._table.query(("pk", key["pk"]), sort=mine)

    def _update(self, connection_id: str, change: Condition, condition: Condition) -> Connection:
        key = item_keys.connection(connection_id)
        return _from_item(self._table.update(key, change, condition))


def _lock_is_as_in(connection: Connection) -> Condition:
    """Returns the condition that the lock has not changed since the connection was read."""
    if not connection.locked_by:
        return when(
            "#done_id = :done AND attribute_not_exists(#locked_by)", done=connection.done_id
        )
    return when(
        "#done_id = :done AND #locked_by = :token",
        done=connection.done_id,
        token=connection.locked_by,
    )


def slot_of(connection_id: str) -> int:
    """Returns the slot of a connection, the same in every process."""
    return zlib.crc32(connection_id.encode()) % SLOTS


def to_text(info: object) -> str | None:
    """Returns a value as JSON text, because DynamoDB's numbers differ from JSON's."""
    return None if info is None else strict_json.dumps(info)


def from_text(text: str | None) -> object:
    """Returns the value that ``to_text`` encoded."""
    return None if text is None else json.loads(text)


def _to_item(connection: Connection) -> Item:
    return {
        **item_keys.connection(connection.id),
        "connection": connection.id,
        "client": connection.client,
        "user": connection.user_id,
        "sid": connection.session_id,
        "exp": connection.expires_at,
        "info": to_text(connection.info),
        # DynamoDB has no empty sets.
        "subscriptions": connection.channels or None,
        "done_id": connection.done_id,
        "locked_by": connection.locked_by or None,
        "locked_at": connection.locked_at,
        "window": connection.window,
        "spent": connection.spent,
        "slot": str(slot_of(connection.id)),
        "ttl": connection.ttl,
    }


def _from_item(item: dict[str, Any]) -> Connection:
    return Connection(
        id=item["connection"],
        client=item["client"],
        user_id=item["user"],
        session_id=item["sid"],
        expires_at=item.get("exp"),
        info=from_text(item.get("info")),
        ttl=item["ttl"],
        channels=frozenset(item.get("subscriptions", ())),
        done_id=item["done_id"],
        locked_by=item.get("locked_by", ""),
        locked_at=item.get("locked_at", 0),
        window=item["window"],
        spent=item["spent"],
        closing="closing" in item,
    )
